from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "linli.campaigns"
    label = "campaigns"
    verbose_name = _("Joint control")

    def ready(self) -> None:
        from linli.campaigns import events, handlers, imports, state
        from linli.campaigns.pages import screening
        from linli.foundation import outbox, seals, work
        from linli.territory.events import CHANGED

        outbox.subscribe(events.TO_FOLLOW, handlers.to_follow)
        outbox.subscribe(CHANGED, handlers.territory_changed)

        for subject, states in state.SUBJECTS.items():
            seals.register_subject(subject, states)
        work.register(screening.DIVIDE, _("Dividing the doors"), screening.divide_as_asked)
        imports.register()

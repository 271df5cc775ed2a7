from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "linli.campaigns"
    label = "campaigns"
    verbose_name = _("Joint control")

    def ready(self) -> None:
        from linli.campaigns import doors_on_map, events, handlers, imports, own_data, premises_on_map, state
        from linli.campaigns import tasks as follow_ups
        from linli.campaigns.pages.screening import dividing
        from linli.foundation import outbox, seals, tasks, work
        from linli.territory.events import CHANGED

        outbox.subscribe(events.TO_FOLLOW, handlers.to_follow)
        outbox.subscribe(events.TELLING, handlers.to_tell)
        outbox.subscribe(CHANGED, handlers.territory_changed)

        for subject, states in state.SUBJECTS.items():
            seals.register_subject(subject, states)
        work.register(dividing.DIVIDE, _("Dividing the doors"), dividing.divide_as_asked)
        tasks.register(follow_ups.SOURCE, follow_ups.of)
        tasks.register(follow_ups.TELLINGS, follow_ups.tellings)
        imports.register()
        own_data.register()
        doors_on_map.register()
        premises_on_map.register()

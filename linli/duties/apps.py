from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DutiesConfig(AppConfig):
    name = "linli.duties"
    label = "duties"
    verbose_name = _("Duties")

    def ready(self) -> None:
        from linli.duties import events, fates, handlers, queries
        from linli.foundation import outbox
        from linli.territory.events import CHANGED

        outbox.drops_cache(events.DUTIES_CHANGED, queries.forget)
        outbox.subscribe(CHANGED, handlers.territory_changed)
        fates.register()

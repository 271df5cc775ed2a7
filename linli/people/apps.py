from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "linli.people"
    label = "people"
    verbose_name = _("People, bodies and posts")

    def ready(self) -> None:
        from linli.foundation import outbox, work
        from linli.people import events, fates, handlers, own_data, queries, state
        from linli.territory.events import CHANGED

        outbox.drops_cache(events.BODY_CHANGED, queries.forget)
        outbox.subscribe(CHANGED, handlers.territory_changed)
        own_data.register()
        fates.register()
        state.register_subjects()
        work.acts_as(queries.actor_of)

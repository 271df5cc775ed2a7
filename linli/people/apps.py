from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PeopleConfig(AppConfig):
    name = "linli.people"
    label = "people"
    verbose_name = _("People, bodies and posts")

    def ready(self) -> None:
        from linli.foundation import outbox
        from linli.people import events, own_data, queries

        outbox.drops_cache(events.BODY_CHANGED, queries.forget)
        own_data.register()

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "linli.territory"
    label = "territory"

    def ready(self) -> None:
        from linli.foundation import outbox
        from linli.territory import events, fates, queries

        outbox.drops_cache(events.CHANGED, queries.forget)
        fates.register()

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "linli.territory"
    label = "territory"

    def ready(self) -> None:
        from linli.foundation import outbox
        from linli.territory import events, fates, queries
        from linli.territory.facilities import handlers

        outbox.drops_cache(events.CHANGED, queries.forget)
        outbox.subscribe(events.CHANGED, handlers.territory_changed)
        fates.register()

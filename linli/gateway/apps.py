from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GatewayConfig(AppConfig):
    name = "linli.gateway"
    label = "gateway"
    verbose_name = _("Gateway")

    def ready(self) -> None:
        from linli.foundation import outbox, seals
        from linli.gateway import actions, events, listeners, notices, own_data, queries, sent

        outbox.drops_cache(events.KEY_CHANGED, queries.forget_keys)
        outbox.drops_cache(events.SUBSCRIPTION_CHANGED, queries.forget_subscriptions)
        for handlers in (notices.HANDLERS, listeners.HANDLERS):
            for name, handler in handlers.items():
                outbox.subscribe(name, handler)
        own_data.register()
        seals.register_subject("announcement", actions.states)
        seals.register_subject("alert", actions.alert_states)
        sent.register()

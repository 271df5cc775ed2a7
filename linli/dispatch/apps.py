from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DispatchConfig(AppConfig):
    name = "linli.dispatch"
    label = "dispatch"
    verbose_name = _("Dispatch")

    def ready(self) -> None:
        from linli.cases.events import CHANGED
        from linli.dispatch import actions, events, handlers, map_layer, own_data, panel, queries, state
        from linli.dispatch import tasks as calls_as_tasks
        from linli.foundation import outbox, seals, tasks, work

        outbox.drops_cache(events.SKILLS_CHANGED, queries.forget)
        outbox.subscribe(CHANGED, handlers.case_changed)
        seals.register_subject(state.SUBJECT, state.states_of)
        own_data.register()
        map_layer.register()
        panel.register()
        tasks.register(calls_as_tasks.SOURCE, calls_as_tasks.of)
        tasks.arrange(calls_as_tasks.SOURCE, calls_as_tasks.arranged)
        work.register(actions.PLAN, _("Planning of rounds"), actions.plan_as_asked)
        work.register(actions.SEND, _("Sending of rounds"), actions.send_as_asked)

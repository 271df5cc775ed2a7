from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "linli.cases"
    label = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from linli.cases import events, ledger, open_cases, own_data, own_layers, queries
        from linli.cases.pages import tasks as cases_as_tasks
        from linli.duties import effects
        from linli.duties.events import DUTIES_CHANGED
        from linli.foundation import outbox, seals, tasks, warming

        outbox.drops_cache(events.LEARNT, queries.forget)
        outbox.drops_cache(DUTIES_CHANGED, queries.forget)
        seals.register_subject(ledger.SUBJECT, ledger.states_of, ledger.heads_of)
        own_data.register()
        own_layers.register()
        warming.register(queries.warm)
        tasks.register(cases_as_tasks.SOURCE, cases_as_tasks.of)
        effects.cases_are_counted_by(open_cases.count)

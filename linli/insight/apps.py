from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "linli.insight"
    label = "insight"
    verbose_name = _("Insight")

    def ready(self) -> None:
        from linli.foundation import seals, work
        from linli.insight import actions

        seals.register_subject(actions.SUBJECT, actions.states)
        work.register(actions.LOOK, _("Looking for warnings"), actions.look_as_asked)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InsightConfig(AppConfig):
    name = "linli.insight"
    label = "insight"
    verbose_name = _("Insight")

    def ready(self) -> None:
        from linli.foundation import seals, work
        from linli.insight import actions, map_layer

        seals.register_subject(actions.SUBJECT, actions.states)
        map_layer.register()
        work.register(actions.LOOK, _("Looking for warnings"), actions.look_as_asked)

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SensorsConfig(AppConfig):
    name = "linli.sensors"
    label = "sensors"
    verbose_name = _("Sensors")

    def ready(self) -> None:
        from linli.foundation import seals
        from linli.sensors import actions, map_layer

        seals.register_subject(actions.SUBJECT, actions.states)
        seals.register_subject(actions.REGISTER, actions.registered_states)
        map_layer.register()

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CamerasConfig(AppConfig):
    name = "linli.cameras"
    label = "cameras"
    verbose_name = _("Cameras")

    def ready(self) -> None:
        from linli.cameras import actions, own_data, queries
        from linli.cameras.rules import Act
        from linli.cases import map_layers
        from linli.foundation import seals

        own_data.register()
        seals.register_subject(actions.SUBJECT, actions.states)
        seals.register_subject(actions.LOOK, actions.states_of_looks)
        map_layers.register(
            map_layers.Layer(
                name="cameras",
                label=_("Cameras"),
                window="/api/v1/cameras/map/window",
                mark="◉",
                tone="info",
                from_zoom=12,
                serves=lambda actor: queries.may(actor, Act.SEE),
                listed="/cameras/",
            )
        )

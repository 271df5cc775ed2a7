from django.apps import AppConfig


class FoundationConfig(AppConfig):
    name = "linli.foundation"
    label = "foundation"

    def ready(self) -> None:
        from linli.foundation import translations

        translations.compile_all()

"""The `linli` command. Each room brings its own commands; nothing of Django is loaded before one runs."""

import os

import click


@click.group()
def main() -> None:
    """Linli (邻里): community governance, from a report to its rating."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")


@main.command()
def config() -> None:
    """Every setting, its default and the reason it exists."""
    from linli.config import env

    for setting in env.SETTINGS:
        value = os.environ.get(setting.name)
        shown = "(set)" if value and setting.secret else value or setting.default or "(empty)"
        click.echo(f"{setting.name}={shown}\n    {setting.reason}")


if __name__ == "__main__":
    main()

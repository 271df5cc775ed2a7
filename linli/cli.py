"""The `linli` command. Each room brings its own commands; nothing of a room is loaded before one of them runs."""

import os
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from typing import Any

import click


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is. `help` is said here, so that `linli --help` loads nothing.

    `room`: its module reads models, so Django is set up before it is loaded, and its commands run with the database there.
    """

    module: str
    attribute: str
    help: str
    room: bool = False


ENTRIES = {
    "serve": Entry("linli.foundation.commands", "serve", "Start the database, the web server and the worker."),
    "demo": Entry("linli.demo.commands", "demo", "Load the demo, live through a day, and serve it."),
    "city": Entry("linli.territory.commands", "city", "Load or generate a city's territory.", room=True),
    "facilities": Entry(
        "linli.territory.facilities.commands", "facilities", "Load clinics, markets, schools and the like.", room=True
    ),
    "map": Entry("linli.territory.basemap.commands", "commands", "Build the base map from OpenStreetMap."),
    "streets": Entry("linli.dispatch.commands", "streets", "Load the streets on which ways are measured."),
    "duties": Entry("linli.duties.commands", "duties", "Load classes and duty lists, find gaps.", room=True),
    "people": Entry("linli.people.commands", "people", "Staff accounts and posts.", room=True),
    "gateway": Entry("linli.gateway.commands", "gateway", "API keys of other systems, messages sent.", room=True),
    "sensors": Entry("linli.sensors.commands", "sensors", "Devices that measure, tokens of owners.", room=True),
    "replay": Entry("linli.cases.replay.commands", "replay", "Live through a 311 export with its own clock."),
    "scan": Entry("linli.insight.scan.command", "scan_command", "Find space-time clusters in SaTScan's files."),
    "campaign": Entry("linli.campaigns.commands", "campaign", "Simulate the screening of a known surge."),
    "audit": Entry("linli.foundation.audit_commands", "audit", "Seal and verify the timelines.", room=True),
    "bench": Entry("linli.foundation.bench", "bench", "Measure: one JSON object per line."),
    "worker": Entry("linli.foundation.commands", "worker", "Run the background worker alone."),
    "outbox": Entry("linli.foundation.commands", "outbox", "Events that failed, waiting or parked."),
    "keys": Entry("linli.foundation.commands", "keys", "Keys of personal fields and timelines."),
    "migrate": Entry("linli.foundation.commands", "migrate", "Bring the database to the newest state."),
}


class Rooms(click.Group):
    """Commands that are loaded when they are asked for."""

    def list_commands(self, context: click.Context) -> list[str]:
        return [*ENTRIES, *super().list_commands(context)]

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        own = {name: self.commands[name].get_short_help_str() for name in self.commands}
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in ENTRIES.items()] + list(own.items()))

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        entry = ENTRIES.get(name)
        return super().get_command(context, name) if entry is None else _load(entry)


def _load(entry: Entry) -> click.Command:
    if entry.room:
        from linli.foundation import processes

        processes.load()
    command: click.Command = getattr(import_module(entry.module), entry.attribute)
    return _with_database(command) if entry.room else command


def _with_database(command: click.Command) -> click.Command:
    """The command, and each below it, run with the database started and migrated. Asking for help starts nothing."""
    command = copy(command)
    if isinstance(command, click.Group):
        command.commands = {name: _with_database(below) for name, below in command.commands.items()}
    elif command.callback is not None:
        command.callback = _inside_database(command.callback)
    return command


def _inside_database(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def inside(*arguments: Any, **options: Any) -> Any:
        from linli.foundation import place
        from linli.foundation.errors import DomainError
        from linli.foundation.progress import Progress

        with place.database(Progress()):
            try:
                return run(*arguments, **options)
            except DomainError as error:
                raise click.ClickException(str(error)) from error

    return inside


def _use_folder(_context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value:
        os.environ["LINLI_DATA_DIR"] = os.path.abspath(value)


@click.group(cls=Rooms)
@click.option(
    "--data",
    type=click.Path(file_okay=False),
    callback=_use_folder,
    is_eager=True,
    expose_value=False,
    help="The folder that holds all state (LINLI_DATA_DIR).",
)
@click.version_option(package_name="linli")
def main() -> None:
    """Linli (邻里): community governance, from a report to its rating."""


@main.command()
def config() -> None:
    """Every setting, its default and the reason it exists."""
    from linli.config import env

    for setting in env.SETTINGS:
        value = os.environ.get(setting.name)
        shown = "(set)" if value and setting.secret else value or setting.default or "(empty)"
        click.echo(f"{setting.name}={shown}\n    {setting.reason}")


os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")

if __name__ == "__main__":
    main()

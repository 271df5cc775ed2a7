"""`linli sensors`: the register of devices, and the tokens with which readings are delivered."""

from pathlib import Path

import click

from linli.foundation.access import acting_as, system
from linli.people import queries as people
from linli.sensors import actions, register
from linli.territory.commands import DATUM, FILE, reported

BY = system("linli sensors")


@click.group()
def sensors() -> None:
    """Devices that measure, and the tokens of their owners."""


@sensors.command()
@FILE
@DATUM
def load(file: Path, datum: str) -> None:
    """Load devices from a CSV or XLSX table: code, kind, name, lon, lat, owner, silent_minutes, low, high."""
    with acting_as(BY), reported():
        done = actions.register(told=register.read(file, datum), by=BY)
    click.echo(f"opened: {done.opened:,}, changed: {done.changed:,}, unchanged: {done.unchanged:,}")


@sensors.command()
@click.argument("code")
def close(code: str) -> None:
    """Take a device out of the register."""
    click.echo(f"closed: {actions.close(code=code, by=BY).code}")


@sensors.command()
@click.option("--owner", required=True, help="Code of the body whose devices it delivers for.")
def token(owner: str) -> None:
    """Make a token. It is shown this once: only a hash of it is kept."""
    with acting_as(BY):
        made = actions.new_token(owner=people.body_by_code(owner).id, by=BY)
    click.echo(f"{made}\nThis is the only time it is shown.")


@sensors.command()
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Take back the tokens that begin with PREFIX (their first ten letters)."""
    click.echo(f"revoked: {actions.revoke(prefix=prefix, by=BY)}")

"""`linli audit`: seal the timelines, and verify that nobody changed anything behind their back."""

import json
import sys

import click

from linli.foundation import seals
from linli.foundation.access import acting_as, system
from linli.foundation.progress import Progress
from linli.foundation.verify import verify as find


@click.group()
def audit() -> None:
    """Seal and verify the timelines."""


@audit.command("seal")
def seal_now() -> None:
    """Seal now what the worker would seal at the full hour."""
    with acting_as(system("audit")):
        seal = seals.seal()
    if seal is None:
        click.echo("Nothing new to seal.")
    else:
        click.echo(
            f"Seal {seal.seq}: {seal.chains} timelines until {seal.until.isoformat()}, root {bytes(seal.root).hex()}"
        )


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per finding.")
@click.option("--files/--no-files", default=True, help="Read every stored file too.")
def verify(as_json: bool, files: bool) -> None:
    """Read every timeline, seal and file; name what was changed. Exit status 1 when anything was found."""
    found = 0
    progress = Progress()
    with acting_as(system("audit")):
        for finding in find(progress, with_files=files):
            found += 1
            if as_json:
                click.echo(json.dumps(finding.as_dict(), ensure_ascii=False))
            else:
                click.echo(f"{finding.subject}: {finding.kind}: {finding.text}")
    progress.say(f"{found} findings." if found else "Everything is as it was recorded.")
    if found:
        sys.exit(1)

"""`linli bench NAME|all`: measures in a place of its own and says what it found, one figure a line.

A benchmark is a module of the checkout's `bench/` folder with `run(progress) -> Iterator[dict]`; each dict has name, value, unit and on. It
is run by a process of its own, on an embedded server under a scratch folder beside the data (so on the same kind of disk), which is
removed afterwards.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click

from linli.config import env

ROOT = Path(__file__).resolve().parent.parent.parent
FIELDS = {"name", "value", "unit", "on"}


def folder() -> Path:
    """The checkout's benchmarks."""
    for root in (Path.cwd(), ROOT):
        if (root / "bench").is_dir() and (root / "linli").is_dir():
            return root / "bench"
    raise click.ClickException(
        "The benchmarks are in a checkout's bench/ folder: run `linli bench` from the root of one."
    )


def names() -> list[str]:
    return sorted(path.stem for path in folder().glob("*.py") if not path.stem.startswith("_"))


@click.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line: name, value, unit, on.")
@click.option("--keep", is_flag=True, help="Keep the scratch folder, and say where it is.")
def bench(name: str, as_json: bool, keep: bool) -> None:
    """Measure NAME, or all. Figures go to standard output, progress to standard error."""
    known = names()
    if name != "all" and name not in known:
        raise click.ClickException(f"There is no benchmark {name}. There are: all, {', '.join(known)}.")
    failed = []
    for one in known if name == "all" else [name]:
        click.echo(f"· Benchmark {one} …", err=True)
        try:
            for figure in measure(one, keep=keep):
                click.echo(json.dumps(figure, ensure_ascii=False) if as_json else _readable(figure))
        except subprocess.CalledProcessError as error:
            click.echo(f"! Benchmark {one} failed with status {error.returncode}; its output is above.", err=True)
            failed.append(one)
    if failed:
        raise click.ClickException(f"Failed: {', '.join(failed)}")


def _readable(figure: dict[str, object]) -> str:
    return f"{figure['name']:<22} {figure['value']:>12,} {figure['unit']:<12} {figure['on']}"


def measure(name: str, *, keep: bool = False) -> Iterator[dict[str, object]]:
    """Run one benchmark in its own process and place; its figures as they come."""
    parent = env.data_dir() / "bench"
    parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
    # As root the server may run as another user, who has to reach it.
    place.chmod(0o711)
    clean = {variable: value for variable, value in os.environ.items() if not variable.startswith("LINLI_")}
    command = [sys.executable, "-m", "linli.foundation.bench", name]
    process = subprocess.Popen(
        command,
        cwd=folder().parent,
        stdout=subprocess.PIPE,
        env=clean | _place_settings(place),
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            yield _figure(line)
        if process.wait() != 0:
            raise subprocess.CalledProcessError(process.returncode, command)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        process.stdout.close()
        if keep:
            click.echo(f"  Kept: {place}", err=True)
        else:
            shutil.rmtree(place, ignore_errors=True)


def _place_settings(place: Path) -> dict[str, str]:
    reference = Path(env.get("LINLI_REFERENCE_DATA")).resolve()
    return {"LINLI_DATA_DIR": str(place), "LINLI_REFERENCE_DATA": str(reference), "LINLI_PARENT": str(os.getpid())}


def _figure(line: str) -> dict[str, object]:
    figure: dict[str, object] = json.loads(line)
    if figure.keys() != FIELDS:
        raise click.ClickException(f"A figure has exactly {sorted(FIELDS)}, not {sorted(figure)}.")
    return figure


def _run_here(name: str) -> None:
    """In the benchmark's own process: a fresh database, the module's figures to standard output."""
    import signal
    from importlib import import_module

    from linli.foundation.processes import die_with_parent, load
    from linli.foundation.progress import Progress

    die_with_parent()
    # An end from outside is an end like any other: the server is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sys.path.insert(0, os.getcwd())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linli.config.settings")
    load()
    from linli.foundation import place

    progress = Progress()
    with place.database(progress):
        for figure in import_module(f"bench.{name}").run(progress):
            print(json.dumps(figure, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    _run_here(sys.argv[1])

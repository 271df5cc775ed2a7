"""What the documents name is there: links and pictures, settings, commands with their options, files, addresses and tests."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from linli.cli import main
from linli.config import env

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "linli/web/islands/README.md"])
TREES = ("linli", "tests", "docs", "scripts", "bench")
# Names of files that are no source: what a running app keeps below its data folder, what a build makes, other people's programs.
MADE = {"keys/keys.json", "hls.js"}
# Answered by the bridge, before Django (docs/adr/0007).
BESIDE_DJANGO = {"/live/"}
# Settings of tests alone.
OF_TESTS = {"LINLI_AXE", "LINLI_STORY_PICTURES", "LINLI_REFERENCE_DATA", "LINLI_TEST_PROCESSES"}
FILE = re.compile(r"[\w./-]*\w\.(?:py|html|css|js|ts|md|sql|toml|csv|xlsx|svg)")


def name_of(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.fixture(params=DOCUMENTS, ids=name_of)
def document(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


def code_in(document: Path) -> Iterator[str]:
    text = document.read_text()
    for block in re.findall(r"```\w*\n(.*?)```", text, re.DOTALL):
        yield from map(str.strip, block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", text)


@cache
def files() -> list[str]:
    """Every file of the trees, with a slash before it, so that a name is found at the end of a path alone."""
    roots = [path for tree in TREES for path in (ROOT / tree).rglob("*") if "node_modules" not in path.parts]
    return [f"/{path.relative_to(ROOT)}" for path in [*roots, *ROOT.iterdir()]]


@cache
def routes() -> list[list[str]]:
    """Every address, in its parts; what stands in one as `<id>` is `*`."""

    def walk(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
        for one in patterns:
            path = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, path)
            else:
                yield path

    return [parts_of(route) for route in walk(get_resolver().url_patterns, "")]


def parts_of(path: str) -> list[str]:
    return re.sub(r"<[^>]+>", "*", path).strip("/").split("/")


def anchors_of(document: Path) -> set[str]:
    text = document.read_text()
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}
    return made | set(re.findall(r"<!-- ([a-z-]+) -->", text))


def test_links_and_pictures_lead_somewhere(document: Path) -> None:
    lost = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors_of(target)):
            lost.append(link)
    assert lost == []


def test_settings_that_are_named_are_read(document: Path) -> None:
    named = set(re.findall(r"LINLI_[A-Z_]*[A-Z]", document.read_text()))
    assert named - {setting.name for setting in env.SETTINGS} - OF_TESTS == set()


def test_every_setting_is_read_somewhere() -> None:
    code = "".join(path.read_text() for path in (ROOT / "linli").rglob("*.py") if path.name != "env.py")
    assert [setting.name for setting in env.SETTINGS if not re.search(rf"['\"]{setting.name}['\"]", code)] == []


def test_commands_that_are_named_can_be_given(document: Path) -> None:
    given = [line for line in code_in(document) if re.match(r"(?:\.venv/bin/)?linli ", line)]
    assert [line for line in given if not can_be_given(line)] == []


def can_be_given(line: str) -> bool:
    words = re.sub(r" --data \S+", "", line).split()[1:]
    command: click.Command | None = main
    while isinstance(command, click.Group) and words and re.fullmatch(r"[a-z][a-z-]*", words[0]):
        command = command.get_command(click.Context(command), words.pop(0))
    if command is None:
        return False
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    return known.issuperset(re.findall(r"(?<![\w-])--[a-z][a-z-]*", " ".join(words)))


def test_files_that_are_named_are_there(document: Path) -> None:
    named = {one for one in code_in(document) if FILE.fullmatch(one) and not one.startswith("/")} - MADE
    assert sorted(one for one in named if not any(path.endswith(f"/{one}") for path in files())) == []


def test_addresses_that_are_named_are_answered(document: Path) -> None:
    """An address may be named by its beginning, and `<id>` stands for what comes there."""
    named = {one for one in code_in(document) if re.fullmatch(r"/[\w<>/-]+", one)} - BESIDE_DJANGO
    assert sorted(one for one in named if not any(leads(parts_of(one), route) for route in routes())) == []


def leads(named: list[str], route: list[str]) -> bool:
    return len(named) <= len(route) and all(
        "*" in (part, of) or part == of for part, of in zip(named, route, strict=False)
    )


def test_tests_that_are_named_are_there(document: Path) -> None:
    """`room/test_x.py`: *words of its name*, *of another*."""
    wrong = []
    for module, names in re.findall(r"`([\w/]+\.py)`: ((?:\*[^*]+\*(?:, )?)+)", document.read_text()):
        tests = (ROOT / "tests" / module).read_text()
        for name in re.findall(r"\*([^*]+)\*", names):
            words = re.sub(r"\W+", "_", name.lower())
            if not re.search(rf"def test_\w*{words}", tests):
                wrong.append(f"{module}: {name}")
    assert wrong == []


def test_decisions_are_numbered_once_and_listed() -> None:
    folder = ROOT / "docs/adr"
    records = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert len({name[:4] for name in records}) == len(records)
    assert records == re.findall(
        r"^\| \[\d{4}\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text(), re.MULTILINE
    )


def test_both_languages_of_the_first_page_name_the_same() -> None:
    """But for the words in capitals, or in Chinese, that stand for what somebody gives."""

    def named(document: str) -> list[str]:
        return sorted(
            re.sub(r"[A-Z\u4e00-\u9fff]+", "…", one.split("#")[0].strip()) for one in code_in(ROOT / document)
        )

    assert named("README.md") == named("README.en.md")

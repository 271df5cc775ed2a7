"""`linli scan` on SaTScan's files: its published results, and files that are wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from linli import cli
from linli.insight.scan.files import moment

GEO = "A 30.60 104.10\nB 30.61 104.10\nC 30.70 104.20\n"
CAS = "A 2 2026/1/4\nA 1 2026/1/1\nB 1 2026/1/2\nC 3 2026/1/1\nC 1 2026/1/3\n"
POP = "A 2026 100\nB 2026 100\nC 2026 300\n"


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.main, ["scan", *map(str, arguments)])


def _written(folder: Path, cas: str = CAS, geo: str = GEO, pop: str = POP) -> list[object]:
    for name, text in (("a.cas", cas), ("a.geo", geo), ("a.pop", pop)):
        (folder / name).write_text(text, encoding="utf-8")
    return [
        "--cases", folder / "a.cas", "--coordinates", folder / "a.geo", "--population", folder / "a.pop",
        "--model", "poisson", "--analysis", "retrospective", "--from", "2026-01-01", "--to", "2026-01-04",
        "--replicates", 9, "--seed", 1,
    ]  # fmt: skip


def _found(done: Result) -> list[dict[str, Any]]:
    assert done.exit_code == 0, done.output
    clusters: list[dict[str, Any]] = json.loads(done.stdout)["clusters"]
    return clusters


NEW_MEXICO = [
    (10.979758, 0.014, {"Torrance", "Bernalillo", "Valencia", "SantaFe", "Guadelupe", "Socorro", "Sandoval", "SanMiguel", "LosAlamos"},
     "1985-01-01", "1989-12-31", 236, 176.22),
    (5.684828, 0.692, {"Chaves"}, "1988-01-01", "1989-12-31", 16, 6.03),
    (3.884186, 0.996, {"Curry", "Roosevelt"}, "1982-01-01", "1983-12-31", 13, 5.37),
]  # fmt: skip
NEW_YORK = [
    (3.845418, 0.242, {"11418", "11415", "11419", "11435", "11416", "11421", "11451", "11375", "11417"},
     "2001-11-22", "2001-11-24", 4, 0.67),
    (3.164201, 0.575, {"11372"}, "2001-11-24", "2001-11-24", 2, 0.16),
    (2.137259, 0.966, {"10472"}, "2001-11-23", "2001-11-24", 2, 0.29),
]  # fmt: skip


@pytest.mark.reference
def test_new_mexico_as_satscan_finds_it(reference: Path) -> None:
    """Brain cancer by county, year, age and sex: retrospective, Poisson."""
    data = reference / "scan"
    done = _run(
        "--cases", data / "nm.cas", "--coordinates", data / "nm.geo", "--population", data / "nm.pop", "--model", "poisson",
        "--analysis", "retrospective", "--from", "1973/1/1", "--to", "1991/12/31", "--replicates", 999, "--seed", 1, "--json",
    )  # fmt: skip
    _agree(_found(done), NEW_MEXICO, replicates=999)


@pytest.mark.reference
def test_new_york_as_satscan_finds_it(reference: Path) -> None:
    """Fever syndromes by postal code and day: prospective, space-time permutation. SaTScan stopped after 207 replicates."""
    data = reference / "scan"
    done = _run(
        "--cases", data / "NYCfever.cas", "--coordinates", data / "NYCfever.geo", "--model", "permutation",
        "--analysis", "prospective", "--from", "2001/11/1", "--to", "2001/11/24", "--max-radius-km", 3, "--max-days", 7,
        "--replicates", 999, "--seed", 1, "--json",
    )  # fmt: skip
    clusters = _found(done)
    _agree(clusters, NEW_YORK, replicates=207)
    assert all(cluster["recurrence_days"] == pytest.approx(1 / cluster["p"]) for cluster in clusters)


def _agree(found: list[dict[str, Any]], published: list[tuple[Any, ...]], replicates: int) -> None:
    for cluster, (llr, p, locations, first, last, observed, expected) in zip(found, published, strict=False):
        assert cluster["llr"] == pytest.approx(llr, abs=5e-5)
        assert set(cluster["locations"]) == locations
        assert (cluster["from"], cluster["to"], cluster["observed"]) == (first, last, observed)
        assert cluster["expected"] == pytest.approx(expected, abs=0.005)
        # Three standard errors of the difference of two Monte Carlo estimates.
        error = (p * (1 - p) * (1 / replicates + 1 / 999)) ** 0.5
        assert abs(cluster["p"] - p) < 3 * error
    assert len(found) >= len(published)


def test_a_table_is_printed_for_people(tmp_path: Path) -> None:
    done = _run(*_written(tmp_path))
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("1. 2026-01-04 to 2026-01-04, 0.00 km around A\n   observed 2, expected ")


def test_fields_may_be_quoted_and_apart_by_commas_or_tabs(tmp_path: Path) -> None:
    geo = '"East Gate",30.60,104.10\nB\t30.61\t104.10\n\nC 30.7 104.2\n'
    cas = CAS.replace("A ", '"East Gate",')
    clusters = _found(_run(*_written(tmp_path, cas, geo, POP.replace("A ", '"East Gate" ')), "--json"))
    assert clusters[0]["locations"] == ["East Gate"]


def test_x_and_y_are_scanned_when_said(tmp_path: Path) -> None:
    arguments = _written(tmp_path, geo="A 1000 2000\nB 1001 2000\nC 1100 2000\n")
    refused = _run(*arguments)
    assert refused.exit_code == 1
    assert "a.geo, line 1: 1000, 2000 are no latitude and longitude" in refused.output
    assert "--cartesian" in refused.output
    assert _found(_run(*arguments, "--cartesian", "--json"))


def test_windows_are_made_of_what_the_dates_are(tmp_path: Path) -> None:
    cas = "A 5 2024/12\nA 1 2024/5\nB 3 2024/3\nC 4 2024/7\n"
    arguments = _written(tmp_path, cas)
    arguments[arguments.index("2026-01-01")] = "2024"
    arguments[arguments.index("2026-01-04")] = "2024"
    best = _found(_run(*arguments, "--json"))[0]
    assert (best["from"], best["to"]) == ("2024-12-01", "2024-12-31")


def test_cases_outside_the_period_are_left_out_and_counted(tmp_path: Path) -> None:
    done = _run(*_written(tmp_path, CAS + "B 7 2025/12/31\n"), "--json")
    assert "7 case(s) before 2026-01-01 or after 2026-01-04 are left out" in done.stderr
    assert _found(done)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"cas": "A x 2026/1/1"}, "a.cas, line 1: the number of cases is “x”, which is not a number"),
        ({"cas": "A 1 2026/1/1\nA nan 2026/1/1"}, "a.cas, line 2: the number of cases is “nan”"),
        ({"cas": "A -1 2026/1/1"}, "a.cas, line 1: the number of cases is -1. Write a whole number"),
        ({"cas": "A 1.5 2026/1/1"}, "Write a whole number"),
        ({"cas": "A 1 yesterday"}, "a.cas, line 1: “yesterday” is no date"),
        ({"cas": "A 1 2026/2/30"}, "a.cas, line 1: “2026/2/30” is no date"),
        ({"cas": "A 1"}, "a.cas, line 1: there are 2 field(s), and 3 are needed"),
        ({"cas": "\nZ 1 2026/1/1"}, "a.cas, line 2: the location Z has no coordinates. Add it to"),
        ({"cas": "A 0 2026/1/1"}, "a.cas: there are no cases in it"),
        ({"cas": ""}, "a.cas: the file is empty"),
        ({"geo": "\n \n"}, "a.geo: the file is empty"),
        ({"geo": GEO + "A 1 2"}, "a.geo, line 4: the location A stands here a second time"),
        ({"geo": "A 1 inf"}, "a.geo, line 1: the longitude is “inf”"),
        ({"geo": "A 30 104", "cas": "A 2 2026/1/1", "pop": "A 2026 10"}, "There is one location"),
        ({"pop": POP + "A 2026 -5"}, "a.pop, line 4: the population is -5. Write how many"),
        ({"pop": POP + "Q 2026 5"}, "a.pop, line 4: the location Q has no coordinates"),
        ({"pop": ""}, "a.pop: the file is empty"),
        ({"pop": "A 2026 100\nB 2026 0\nC 2026 100"}, "at B, where nobody lives"),
        ({"pop": "A 2026 0\nB 2026 0\nC 2026 0"}, "the population file has nobody"),
    ],
)
def test_a_wrong_file_is_told_with_its_line_and_what_to_do(tmp_path: Path, files: dict[str, str], said: str) -> None:
    arguments = _written(tmp_path, **files)
    done = _run(*arguments, "--json")
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_text_of_another_encoding_is_told(tmp_path: Path) -> None:
    arguments = _written(tmp_path)
    (tmp_path / "a.cas").write_bytes("院落 1 2026/1/1".encode("gb18030"))
    assert "Save it as UTF-8" in _run(*arguments).output


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [("--from", "soon", "is no date"), ("--max-population", "0", "is no share"), ("--max-population", "half", "is no share"),
     ("--to", "2025-01-01", "Exchange --from and --to")],
)  # fmt: skip
def test_a_wrong_option_is_told(tmp_path: Path, option: str, value: str, said: str) -> None:
    done = _run(*_written(tmp_path), option, value)
    assert done.exit_code != 0
    assert said in done.output


@pytest.mark.parametrize("same", ["50", "50%", "0.5"])
def test_a_share_is_percent_or_below_one(tmp_path: Path, same: str) -> None:
    arguments = _written(tmp_path)
    assert _found(_run(*arguments, "--json", "--max-population", same)) == _found(_run(*arguments, "--json"))


def test_a_year_of_two_digits_is_the_nearest_to_the_study() -> None:
    assert [moment("73", near=year).year for year in (1973, 2001, 2040)] == [1973, 1973, 2073]

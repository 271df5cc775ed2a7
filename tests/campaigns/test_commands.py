"""`linli campaign simulate` states what it assumes, and tells and draws the course."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from linli.campaigns.commands import campaign
from linli.campaigns.simulation import SCENARIOS


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_surge_is_told_by_the_hour(name: str) -> None:
    answer = CliRunner().invoke(campaign, ["simulate", name, "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    course = told["courses"]["as_assumed"]
    assert len(course["by_hour"]) == SCENARIOS[name].days * 24
    for hour in course["by_hour"]:
        parts = hour["reached"] + hour["to_repeat"] + hour["refused"] + hour["not_reached"]
        assert parts == course["households"]
    assert all(one["why"] for one in told["assumptions"].values())


def test_it_is_read_by_people_and_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "curve.svg"
    answer = CliRunner().invoke(campaign, ["simulate", "flats", "--plot", str(picture)])
    assert answer.exit_code == 0, answer.output
    assert "every door visited after" in answer.output
    assert "households reached" in picture.read_text() or picture.stat().st_size > 5000


@pytest.mark.parametrize("arguments", [["simulate", "moon"], ["simulate", "flats", "--plot", "curve.docx"]])
def test_what_is_wrong_is_said(arguments: list[str]) -> None:
    answer = CliRunner().invoke(campaign, arguments)
    assert answer.exit_code in {1, 2}
    assert "Error" in answer.output

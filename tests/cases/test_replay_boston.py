"""The city's own file, whole: every request filed, located, closed when it was, and judged as the city judged it."""

from pathlib import Path

import pytest

from linli.cases.replay import lives, mapping, rows, stage, summary
from linli.duties import queries as duties
from linli.foundation.access import acting_as, system
from linli.people import queries as people
from linli.territory import queries as territory

BY = system("replay test")


@pytest.mark.reference
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_boston_lives_again(reference: Path) -> None:
    for room in (territory, people, duties):
        room.forget()
    with acting_as(BY):
        export = rows.read(reference / "boston311" / "boston311_2015_h1.csv.gz")
        assert export.mapping.name == "boston311"
        prepared = stage.prepare(export, BY)
        lives.live(prepared, lambda done, total: None)
        found = summary.summarise(prepared)
    assert (found.rows, found.filed, len(found.rejections)) == (58_119, 58_119, 0)
    assert found.closed == 49_126
    assert (found.compared, found.agreed) == (37_257, 37_257)
    # Of the rows that name a neighbourhood all but a few that share their spot with more rows of another.
    assert found.named == 50_728
    assert found.named - found.located_as_named < 50
    assert found.located_by_position == 717
    for room in (territory, people, duties):
        room.forget()


@pytest.mark.reference
def test_the_mapping_says_what_each_column_of_boston_means(reference: Path) -> None:
    export = rows.read(reference / "boston311" / "boston311_2015_h1.csv.gz", mapping.read("boston311"))
    assert (len(export.requests), export.rejections) == (58_119, [])
    judged = [r for r in export.requests if r.closed and r.target and r.on_time is not None]
    assert len(judged) == 37_257
    # The city's verdict is nothing but this comparison, in its own time zone.
    assert all((r.closed > r.target) is not r.on_time for r in judged if r.closed and r.target)
    assert {r.channel for r in export.requests} == {"hotline", "grid_worker", "app", "open311", "mini_program"}
    assert {r.body for r in export.requests} <= export.mapping.bodies.keys()

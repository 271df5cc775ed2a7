"""A renamed, merged or split unit keeps its duties; old questions keep their old answers."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from linli.duties import queries
from linli.duties.actions.follow_territory import follow_territory
from linli.duties.models import Duty, DutyList, Priority, Task
from linli.foundation.access import SYSTEM, acting_as
from linli.foundation.audit import timeline
from linli.territory.models import Level, Succession, SuccessionKind
from tests.duties.conftest import EVERYTHING, SUBDISTRICT, forget, import_duties, make_unit

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)
BEFORE, AFTER = (datetime.combine(DAY + timedelta(days), time(12), UTC) for days in (-1, 1))


def succeed(units, olds, codes, kind):
    """Close units on `DAY` in favour of new ones, and let the lists follow."""
    with acting_as(SYSTEM):
        first = units[olds[0]]
        for code in olds:
            units[code].valid_to = DAY
            units[code].save(update_fields=["valid_to"])
        news = [make_unit(code, Level(first.level), f"新{code}", first.parent) for code in codes]
        for new in news:
            new.valid_from = DAY
            new.save(update_fields=["valid_from"])
            for code in olds:
                Succession.objects.create(old=units[code], new=new, kind=kind, on=DAY)
        forget()
        followed = follow_territory(closed=[units[code].id for code in olds], by=SYSTEM)
        again = follow_territory(closed=[units[code].id for code in olds], by=SYSTEM)
    assert again == 0
    return news, followed


def clause_for(code, place, at):
    return queries.responsible(queries.minor_class(code).id, place, at).clause


def test_a_renamed_subdistrict_keeps_its_lists(small):
    import_duties(small, *EVERYTHING)
    import_duties(
        small, kind="task", file="number,clause,unit,body,item,frequency\n1,第1条,510108004,office,巡查,每日\n".encode()
    )
    table = "number,clause,class,unit,item\n1,重点1,E01,510108004,清洁\n"
    import_duties(small, kind="priority", file=table.encode())
    old = small[SUBDISTRICT]
    [new], followed = succeed(small, [SUBDISTRICT], ["510108077"], SuccessionKind.RENAMED)
    assert followed == 4
    assert clause_for("E0101", old, BEFORE) == clause_for("E0101", new, AFTER) == "第1条"
    assert {listed.unit_id for listed in DutyList.objects.all()} == {new.id}
    assert Task.objects.get(valid_to=None).unit_id == Priority.objects.get(valid_to=None).unit_id == new.id


def test_the_next_version_replaces_the_list_of_a_renamed_unit(small):
    import_duties(small, *EVERYTHING)
    [new], _followed = succeed(small, [SUBDISTRICT], ["510108077"], SuccessionKind.RENAMED)
    rows = [row.replace("510108004", "510108077") for row in EVERYTHING]
    done = import_duties(small, *rows, unit=new.id, version="2027", valid_from=date(2026, 12, 1))
    assert done.closes == "2023"
    assert Duty.objects.filter(valid_to=None).count() == 2


def test_a_split_community_keeps_its_duties_in_each_part(small):
    import_duties(small, *EVERYTHING, "3,第3条,E0101,510108004003,committee,lead")
    news, followed = succeed(small, ["510108004003"], ["510108004031", "510108004032"], SuccessionKind.SPLIT)
    assert followed == 1
    assert [clause_for("E0101", part, AFTER) for part in news] == ["第3条", "第3条"]


def test_of_merged_communities_the_first_lead_goes_on_and_the_other_is_named(small):
    done = import_duties(
        small, *EVERYTHING, "3,第3条,E0101,510108004003,committee,lead", "4,第4条,E0101,510108004004,bureau,lead",
        "5,第5条,E0102,510108004003,bureau,co_handler", "6,第6条,E0102,510108004004,bureau,co_handler",
    )  # fmt: skip
    olds = ["510108004003", "510108004004"]
    [new], followed = succeed(small, olds, ["510108004050"], SuccessionKind.MERGED)
    assert followed == 4
    assert clause_for("E0101", new, AFTER) == "第3条"
    assert clause_for("E0101", small["510108004004"], BEFORE) == "第4条"
    assert len(queries.responsible(queries.minor_class("E0102").id, new, AFTER).co_body_ids) == 1
    with acting_as(SYSTEM):
        ended = [entry.data["ended"] for entry in timeline(done.list_id) if entry.action == "followed"]
    assert ended == [[], ["4 第4条", "6 第6条"]]

"""The Chengdu pack: the catalogue's structure, and a demo subdistrict in which everybody's duty is named."""

import csv
from collections import Counter

import pytest

from linli.duties import packs, queries
from linli.duties.actions.packs import load_pack
from linli.duties.errors import UnknownPack
from linli.duties.models import Duty, DutyList, Task
from linli.foundation.access import SYSTEM

pytestmark = pytest.mark.django_db

CLASSES = list(csv.DictReader((packs.FOLDER / "chengdu" / "classes.csv").read_text("utf-8").splitlines()))


def test_the_catalogue_has_the_structure_of_the_standard():
    majors = Counter(row["kind"] for row in CLASSES if not row["parent"])
    minors = Counter(row["kind"] for row in CLASSES if row["parent"])
    assert majors == {"event": 6, "component": 5}
    assert minors == {"event": 91, "component": 119}


def test_every_class_is_told_apart_in_both_languages():
    for column in ("code", "name", "name_en"):
        values = [row[column] for row in CLASSES if row["parent"]]
        assert all(values), column
        assert len(set(values)) == len(values), column
    assert all(row["keywords"] and row["keywords_en"] for row in CLASSES if row["parent"])


def test_all_three_kinds_of_limit_are_used_and_emergencies_run_around_the_clock():
    kinds = Counter(row["limit_kind"] for row in CLASSES if row["parent"])
    assert set(kinds) == {"working_hour", "working_day", "emergency_hour"}
    urgent = [row for row in CLASSES if row["emergency_number"]]
    assert urgent
    assert all(row["limit_kind"] == "emergency_hour" for row in urgent)


def test_loading_makes_one_responsible_body_for_every_class_in_every_community(pack):
    minors = [info for info in queries.classes() if info.is_minor]
    assert len(minors) == 210
    for code, unit in pack.by_code.items():
        if len(code) == 12 and code.startswith("510108004"):
            for info in minors:
                assert queries.responsible(info.id, unit).clause.startswith("双桥子街道职责清单（2023版）第")


def test_every_task_traces_to_a_clause(pack):
    clauses = set(Duty.objects.values_list("body_id", "clause"))
    assert Task.objects.count() > 70
    assert {(task.body_id, task.clause) for task in Task.objects.all()} <= clauses


def test_loading_again_changes_nothing(pack):
    before = (DutyList.objects.count(), Duty.objects.count())
    loaded = load_pack("chengdu", by=SYSTEM)
    assert (loaded.classes, loaded.stages, loaded.bodies, loaded.lists) == (0, 0, 0, 0)
    assert (DutyList.objects.count(), Duty.objects.count()) == before


def test_an_unknown_pack_names_those_there_are(db):
    with pytest.raises(UnknownPack, match="chengdu"):
        load_pack("atlantis", by=SYSTEM)

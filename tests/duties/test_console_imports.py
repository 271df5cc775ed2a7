"""Imports from the console: a dry run shows each row's fate, applying does exactly that or refuses, and nothing is done twice."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from duties.conftest import (
    CLASSES_CSV,
    EVERYTHING,
    SUBDISTRICT,
    Units,
    admin_of,
    duty_table,
    import_duties,
    signed_in,
)
from factories.browsing import unmarked

from linli.duties import fates
from linli.duties.models import CaseClass, Duty, DutyList
from linli.duties.tables import ALIASES
from linli.foundation import imports, work
from linli.foundation.access import SYSTEM, Actor, Role, acting_as
from linli.foundation.errors import NotFound, Stale
from linli.foundation.imports import RowsWrong
from linli.foundation.models import Fate, Work, WorkRow, WorkState
from linli.foundation.tabular import Problem

CHANGED = ("1,第9条,E01,510108004,committee,lead", "2,第2条,C01,510108004,bureau,lead")


@pytest.fixture
def admin(small: Units, monkeypatch: pytest.MonkeyPatch) -> Actor:
    """An administrator of the subdistrict, whose rights the worker finds again."""
    actor = admin_of(small[SUBDISTRICT].id)
    monkeypatch.setattr(work, "_actor_of", lambda _person: actor)
    return actor


def heading(units: Units, **changed: str) -> dict[str, str]:
    return {
        "kind": "duty", "name": "职责清单", "version": "2024", "unit": str(units[SUBDISTRICT].id),
        "valid_from": "2024-01-01", "source": "duties.csv",
    } | changed  # fmt: skip


def done(begun: Work) -> Work:
    """The work after the worker had it."""
    with acting_as(SYSTEM):
        work.carry_out(str(begun.id))
        return Work.objects.get(pk=begun.id)


def dry_run(units: Units, by: Actor, file: bytes, name: str = fates.LISTS, **changed: str) -> Work:
    asked = heading(units, **changed) if name == fates.LISTS else {"reason": "成府发〔2024〕1号"}
    with acting_as(by), translation.override("en"):
        begun = imports.check(
            name, data=file, filename="duties.csv", asked=asked, by=by, unit_path=units[SUBDISTRICT].path
        )
    return done(begun)


def carried_out(checked: Work, by: Actor) -> Work:
    with acting_as(by):
        begun = imports.apply(checked.id, by=by)
    return done(begun)


def rows(of: Work) -> list[tuple[int, str]]:
    with acting_as(SYSTEM):
        return list(WorkRow.objects.filter(work=of).order_by("pk").values_list("number", "fate"))


def test_a_dry_run_shows_what_is_new_changed_and_unchanged_and_changes_nothing(small: Units, admin: Actor) -> None:
    import_duties(small, *EVERYTHING, "3,第3条,E0102,510108004003,committee,lead")
    checked = dry_run(small, admin, duty_table(*CHANGED, "4,第4条,C0101,510108004003,committee,lead"))
    assert checked.state == WorkState.DONE, checked.said
    assert checked.result["counts"] == {"changed": 1, "same": 1, "new": 1, "gone": 1}
    assert rows(checked) == [(0, "gone"), (2, "changed"), (3, "same"), (4, "new")]
    with acting_as(SYSTEM):
        changed = WorkRow.objects.get(work=checked, fate=Fate.CHANGED)
        assert ["Clause", "第1条", "第9条"] in changed.changes
        assert ["Responsible body", "office", "committee"] in changed.changes
        assert DutyList.objects.count() == 1
    assert "2023" in checked.result["notes"][0]


def test_applying_does_what_was_shown_and_the_same_file_twice_is_unchanged(small: Units, admin: Actor) -> None:
    import_duties(small, *EVERYTHING)
    checked = dry_run(small, admin, duty_table(*CHANGED))
    applied = carried_out(checked, admin)
    assert applied.state == WorkState.DONE, applied.said
    with acting_as(SYSTEM):
        listed = DutyList.objects.get(version="2024")
        assert applied.result["href"] == f"/duties/lists/{listed.id}/"
        assert listed.imported_by == admin.label
        assert Duty.objects.filter(list=listed).count() == 2
    assert carried_out(checked, admin).id == applied.id, "a second press leads to the first's work"

    again = dry_run(small, admin, duty_table(*CHANGED))
    assert again.result["counts"] == {"same": 2}
    assert again.result["applied"]
    assert carried_out(again, admin).state == WorkState.DONE
    with acting_as(SYSTEM):
        assert DutyList.objects.count() == 2


def test_a_version_that_is_there_with_other_rows_is_refused(small: Units, admin: Actor) -> None:
    carried_out(dry_run(small, admin, duty_table(*EVERYTHING)), admin)
    again = dry_run(small, admin, duty_table(*CHANGED))
    assert again.state == WorkState.FAILED
    assert again.result["code"] == "list_version_taken"


def test_what_changed_since_the_dry_run_refuses_the_import(small: Units, admin: Actor) -> None:
    checked = dry_run(small, admin, duty_table(*CHANGED))
    import_duties(small, *EVERYTHING)
    applied = carried_out(checked, admin)
    assert (applied.state, applied.result["code"]) == (WorkState.FAILED, "register_changed")
    with acting_as(SYSTEM):
        assert not DutyList.objects.filter(version="2024").exists()


def test_rights_that_ended_since_the_dry_run_refuse_the_import(
    small: Units, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = dry_run(small, admin, duty_table(*EVERYTHING))
    elsewhere = Actor(admin.id, admin.kind, admin.label, admin_of(small["510108005"].id).grants)
    monkeypatch.setattr(work, "_actor_of", lambda _person: elsewhere)
    applied = carried_out(checked, admin)
    assert (applied.state, applied.result["code"]) == (WorkState.FAILED, "not_allowed")


def test_ten_thousand_wrong_rows_are_ten_thousand_fates(small: Units, admin: Actor) -> None:
    bad = [f"{n},第{n}条,X{n},510108004,nobody,lead" for n in range(10_000)]
    checked = dry_run(small, admin, duty_table(*bad))
    assert checked.result["counts"] == {"wrong": 10_000}
    with acting_as(SYSTEM):
        first = WorkRow.objects.filter(work=checked).order_by("pk")[0]
    assert first.number == 2
    assert "X0" in first.reason
    assert "nobody" in first.reason, "everything wrong with a row stands beside it"
    with acting_as(admin), pytest.raises(RowsWrong):
        imports.apply(checked.id, by=admin)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"\x00\x01\x02",
        b"PK\x03\x04broken",
        b"number,clause\n1,2\n",
        b"\xd0\xcf\x11\xe0old excel",
        b'number,"clause\n',
    ],
)
def test_a_hostile_file_fails_in_words(small: Units, admin: Actor, file: bytes) -> None:
    checked = dry_run(small, admin, file)
    assert checked.state == WorkState.FAILED
    assert checked.result["code"] == "unreadable_table"
    assert "duties.csv" in checked.said


def test_longer_rows_than_the_heading_are_told_by_row(small: Units, admin: Actor) -> None:
    checked = dry_run(small, admin, duty_table("1,第1条,E01,510108004,office,lead,more,and more"))
    assert rows(checked) == [(2, "wrong")]


def test_classes_show_old_and_new_limits(units: Units, small: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    city = admin_of(units["5101"].id)
    monkeypatch.setattr(work, "_actor_of", lambda _person: city)
    text = CLASSES_CSV.replace("E0101,event,E01,暴露垃圾,Exposed waste,4", "E0101,event,E01,暴露垃圾,Exposed waste,6")
    checked = dry_run(small, city, text.encode(), fates.CLASSES)
    assert checked.result["counts"] == {"changed": 1, "same": 4}, checked.said
    with acting_as(SYSTEM):
        assert WorkRow.objects.get(work=checked, fate="changed").changes == [
            ["Limit", "4 working hours", "6 working hours"]
        ]
    assert carried_out(checked, city).state == WorkState.DONE
    again = dry_run(small, city, text.encode(), fates.CLASSES)
    assert again.result["counts"] == {"same": 5}
    with acting_as(SYSTEM):
        assert CaseClass.objects.get(code="E0101").versions.count() == 2


def test_only_its_starter_and_administrators_above_see_it(small: Units, admin: Actor) -> None:
    checked = dry_run(small, admin, duty_table(*EVERYTHING))
    above, beside = admin_of(small["510108"].id), admin_of(small["510108005"].id)
    with acting_as(above):
        assert work.get(checked.id, actor=above).id == checked.id
        assert WorkRow.objects.filter(work_id=checked.id).count() == 2
    for other in (beside, Actor(uuid4(), admin.kind, "居民")):
        with acting_as(other):
            assert not Work.objects.exists(), "the database hides it too"
            assert not WorkRow.objects.exists()
            for attempt in (
                lambda other=other: work.get(checked.id, actor=other),
                lambda other=other: imports.apply(checked.id, by=other),
                lambda other=other: work.again(checked.id, by=other),
            ):
                with pytest.raises(NotFound):
                    attempt()


def test_a_dry_run_that_failed_or_waits_cannot_be_applied(small: Units, admin: Actor) -> None:
    failed = dry_run(small, admin, b"")
    with acting_as(admin):
        waiting = imports.check(
            fates.LISTS, data=b"x", filename="x.csv", asked=heading(small), by=admin, unit_path=small[SUBDISTRICT].path
        )
        for one in (failed, waiting):
            with pytest.raises(Stale):
                imports.apply(one.id, by=admin)


# --- the pages -------------------------------------------------------------------------------------------------------


def send(client: Client, units: Units, file: bytes, **changed: object) -> object:
    form = {
        "kind": "duty", "name": "职责清单", "version": "2024", "unit": "双桥子街道", "valid_from": "2024-01-01",
        "source": "", "once": uuid4().hex, "file": SimpleUploadedFile("duties.csv", file),
    }  # fmt: skip
    return client.post("/duties/import/", form | changed, headers={"accept-language": "en"})


def page_of(client: Client, address: str) -> str:
    answer = client.get(address, headers={"accept-language": "en"})
    assert answer.status_code == 200
    return unmarked(answer.content.decode())


def finish(address: str) -> Work:
    with acting_as(SYSTEM):
        return done(Work.objects.get(pk=UUID(address.strip("/").split("/")[1])))


def test_from_the_form_to_the_import_by_pages(client: Client, small: Units) -> None:
    client = signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    import_duties(small, *EVERYTHING)
    address = send(client, small, duty_table(*CHANGED)).url  # type: ignore[attr-defined]
    assert "Waiting for its turn" in page_of(client, address)
    assert "data-live" in page_of(client, address)
    checked = finish(address)
    told = page_of(client, address)
    assert "Nothing is wrong. 1 row changes something." in told
    assert "第1条 → 第9条" in told
    assert "第9条" not in page_of(client, f"{address}?fate=same")
    report = client.get(f"{address}rows.csv").content.decode("utf-8-sig")
    assert report.count("\n") == 4, "a heading, two changed fields and a row that stays"
    answer = client.post(f"{address}apply/")
    applied = finish(answer.url)
    assert applied.follows_id == checked.id
    told = page_of(client, answer.url)
    assert "Imported, just as the dry run showed." in told
    assert "/duties/lists/" in told
    assert "Import it" not in page_of(client, address), "it was imported"
    assert "duties.csv" in page_of(client, "/work/")


def test_an_import_cancelled_by_an_administrator_above_says_what_was_not_done(client: Client, small: Units) -> None:
    client = signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    above, beside = (signed_in(Client(), Role.ADMIN, small[code].id) for code in ("510108", "510108005"))
    checking = send(client, small, duty_table(*EVERYTHING)).url  # type: ignore[attr-defined]
    assert f"{checking}cancel/" in page_of(client, checking)
    assert beside.post(f"{checking}cancel/").status_code == 404
    assert client.post(f"{checking}cancel/").url == checking
    assert "A dry run changes nothing; this one leaves no report." in page_of(client, checking)
    client.post(f"{checking}again/")
    finish(checking)
    assert client.post(f"{checking}cancel/").status_code == 409, "it has ended"
    importing = client.post(f"{checking}apply/").url
    assert above.post(f"{importing}cancel/").status_code == 302
    finish(importing)
    told = page_of(client, importing)
    assert "None of the 2 rows was imported: all is as it was before." in told
    assert "成华区" in told.split("It was cancelled")[1].split("None of")[0], "and by whom"
    assert f"{importing}again/" in told
    assert f"{importing}again/" not in page_of(above, importing), "its starter begins it again"
    with acting_as(SYSTEM):
        assert not DutyList.objects.exists()
    client.post(f"{importing}again/")
    finish(importing)
    assert "Imported, just as the dry run showed." in page_of(client, importing)


def test_the_form_tells_what_is_wrong_with_the_heading_at_once(client: Client, small: Units) -> None:
    client = signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    import_duties(small, *EVERYTHING, valid_from=date(2025, 1, 1))
    for changed, status in (({}, 409), ({"unit": "双桥"}, 200), ({"unit": "成华区"}, 403), ({"valid_from": "x"}, 200)):
        answer = send(client, small, duty_table(*CHANGED), **changed)
        if changed == {"unit": "双桥"}:
            assert "Several places fit" in answer.content.decode()  # type: ignore[attr-defined]
        assert answer.status_code == status, changed  # type: ignore[attr-defined]
    with acting_as(SYSTEM):
        assert not Work.objects.exists()


def test_sending_twice_begins_one_dry_run(client: Client, small: Units) -> None:
    client = signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    once = uuid4().hex
    first = send(client, small, duty_table(*EVERYTHING), once=once)
    assert send(client, small, duty_table(*EVERYTHING), once=once).url == first.url  # type: ignore[attr-defined]


def test_a_file_that_is_too_large_is_refused(client: Client, small: Units, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(client, Role.ADMIN, small[SUBDISTRICT].id)
    monkeypatch.setattr("linli.duties.pages.common.MAX_BYTES", 100)
    assert send(client, small, b"x" * 200).status_code == 413  # type: ignore[attr-defined]


def test_who_has_no_post_gets_nothing(client: Client, small: Units) -> None:
    guessed = uuid4()
    for address in ("/work/", f"/work/{guessed}/", "/duties/import/"):
        assert client.get(address).status_code in {302, 401, 403}
    for role in (Role.DESK, Role.ADMIN):
        member = signed_in(Client(), role, small[SUBDISTRICT].id)
        for answer in (
            member.get(f"/work/{guessed}/"), member.get(f"/work/{guessed}/rows.csv"),
            member.post(f"/work/{guessed}/apply/"), member.post(f"/work/{guessed}/again/"),
            member.post(f"/work/{guessed}/cancel/"),
        ):  # fmt: skip
            assert answer.status_code == 404
    assert signed_in(Client(), Role.DESK, small[SUBDISTRICT].id).get("/duties/import/").status_code == 403


def test_who_reads_chinese_is_told_the_chinese_heading_of_a_wrong_column():
    problem = Problem(3, "parent", "没有代码为 E99 的类别。")
    for language, told in (("zh-hans", "上级代码：没有代码"), ("en", "parent: 没有代码")):
        with translation.override(language):
            assert imports.wrong_rows([problem], {}, ALIASES)[0].reason.startswith(told)

"""The pages of the loop answer whom they serve, refuse everybody else, and lose nothing."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from factories.browsing import unmarked
from factories.world import ELSEWHERE, HERE, World, forget_caches

from linli.cases import actions, queries
from linli.cases.models import Case, State
from linli.cases.rules import Report
from linli.duties.models import CaseClass, DutyList
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.models import StoredFile

from .conftest import Enter

HTML = {"accept-language": "en"}


def count() -> int:
    with acting_as(SYSTEM):
        return Case.objects.count()


def again(case: Case) -> Case:
    with acting_as(SYSTEM):
        return Case.objects.select_related("text").get(pk=case.pk)


def form(**fields: object) -> dict[str, object]:
    return {"description": "Rubbish at the gate 垃圾", "once": str(uuid4()), "lon": HERE[0], "lat": HERE[1], **fields}


def test_report_without_sign_in_leads_to_its_own_link(world: World, client: Client) -> None:
    answer = client.post("/report/", form())
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/track/")
    page = client.get(answer.headers["Location"], headers=HTML).content.decode()
    assert "Thank you. Your case is number" in page


def test_a_title_with_marks_reads_as_it_was_written_everywhere(enter) -> None:
    """In the tab and in the bar it is escaped once: “&lt;b&gt;” was read there."""
    page = enter().post("/report/", form(description="灯 <b>&不亮"), follow=True).content.decode()
    page = unmarked(page)
    assert page.count("灯 &lt;b&gt;&amp;不亮") >= 3
    assert "&amp;lt;" not in page
    assert "<b>&" not in page


def test_same_form_sent_twice_is_one_case(world: World, enter) -> None:
    resident, sent = enter(), form()
    first, second = resident.post("/report/", sent), resident.post("/report/", sent)
    assert first.headers["Location"] == second.headers["Location"]
    assert count() == 1


def test_form_sent_again_with_other_words_says_so_and_keeps_them(world: World, enter) -> None:
    resident, sent = enter(), form()
    resident.post("/report/", sent)
    answer = resident.post("/report/", sent | {"description": "A dark lamp 路灯"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "A dark lamp 路灯" in page
    assert "This report was sent before" in page
    assert "Idempotency" not in page
    assert count() == 1


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"description": ""}, "This field is required"),
        ({"description": "🎉🎉"}, "in words"),
        ({"lon": "", "lat": ""}, "where it is"),
        ({"lon": "104", "lat": ""}, "longitude and latitude"),
        ({"lon": "2.3", "lat": "48.8"}, ""),
        ({"lon": "30.602", "lat": "104.002"}, ""),
        ({"lon": "nan", "lat": "inf"}, ""),
        ({"contact_phone": "abc"}, ""),
        ({"class_code": "nonsense"}, "no case class"),
        ({"unit": "not-an-id", "lon": "", "lat": ""}, ""),
    ],
)
def test_refused_report_says_why_and_keeps_the_words(
    world: World, client: Client, fields: dict[str, str], words: str
) -> None:
    answer = client.post("/report/", form(title="A title <b>", **fields), headers=HTML)
    page = answer.content.decode()
    assert answer.status_code in {400, 422}
    assert words in page
    assert "A title &lt;b&gt;" in page
    assert count() == 0


def test_a_title_of_pictures_alone_is_refused_beside_its_field(world: World, client: Client) -> None:
    answer = client.post("/report/", form(title="🎉👍"), headers=HTML)
    assert answer.status_code == 422
    assert "signs and pictures alone cannot be searched" in answer.content.decode()
    assert count() == 0


def test_name_of_a_quarter_is_a_place_and_a_doubtful_one_is_asked_about(world: World, client: Client) -> None:
    assert client.post("/report/", form(lon="", lat="", place="quarterQ")).status_code == 302
    asked = client.post("/report/", form(lon="", lat="", place="community"), headers=HTML)
    assert asked.status_code == 422
    assert "Choose one below" in asked.content.decode()
    chosen = client.post("/report/", form(lon="", lat="", place="community", unit=str(world.id("E1"))))
    assert chosen.status_code == 302


def test_hints_warn_suggest_and_offer_what_was_reported_nearby(world: World, enter, case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
    page = enter().post("/report/hints/", form(description="垃圾 着火了")).content.decode()
    assert "Call 119 first" in page
    assert 'value="0101"' in page
    assert f"/case/{case.reference}/support/" in page
    assert 'hx-swap-oob="true"' in page


def test_me_too_counts_each_person_once(enter, case: Case) -> None:
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
    neighbour = enter(phone="13900001111")
    for _again in range(2):
        assert neighbour.post(f"/case/{case.reference}/support/").status_code == 302
    assert again(case).supports == 1
    page = neighbour.get(f"/case/{case.reference}/").content.decode()
    assert "You said “Me too”" in page, "the button would ask for it again"
    assert "/support/" not in page
    assert "/support/" in enter(phone="13900002222").get(f"/case/{case.reference}/").content.decode()
    assert Client().post(f"/case/{case.reference}/support/").status_code == 401


def test_me_too_for_a_case_that_the_desk_has_not_read_leads_to_a_page_that_is_there(enter, case: Case) -> None:
    neighbour = enter(phone="13900001111")
    answer = neighbour.post(f"/case/{case.reference}/support/", follow=True, headers=HTML)
    assert answer.status_code == 200
    assert "Counted" in answer.content.decode()


def test_stranger_sees_only_what_is_public(enter, case: Case) -> None:
    stranger = enter(phone="13900001111")
    assert stranger.get(f"/case/{case.reference}/").status_code in {200, 404}
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
        Case.objects.filter(pk=case.pk).update(private=True)
    assert stranger.get(f"/case/{case.reference}/").status_code == 404
    assert stranger.post(f"/case/{case.reference}/comment/", {"note": "mine?"}).status_code == 404


def test_another_community_s_desk_cannot_touch_it(enter, case: Case) -> None:
    elsewhere = enter(Role.DESK, "E2")
    assert elsewhere.post(f"/case/{case.reference}/file/", {"class_code": "0101"}).status_code == 404
    assert again(case).state == State.COLLECTED


def test_wrong_link_opens_nothing(client: Client, case: Case) -> None:
    for path in (f"/track/{case.reference}/guess/", f"/rate/{case.reference}/guess/"):
        assert client.get(path).status_code == 404
    answer = client.post(f"/case/{case.reference}/evaluate/", {"secret": "guess", "solved": "yes", "stars": "5"})
    assert answer.status_code == 404


def test_desk_files_and_dispatches_to_the_body_of_the_clause(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    page = desk.get(f"/case/{case.reference}/").content.decode()
    assert 'action="/case/' in page
    desk.post(f"/case/{case.reference}/file/", {"class_code": "0101", "version": case.version})
    page = desk.get(f"/case/{case.reference}/").content.decode()
    assert "第1条" in page
    body = str(again(case).lead_body_id or "")
    assert body == ""
    chosen = page.split('name="body_id"')[1].split("selected")[0].rsplit('value="', 1)[1].split('"')[0]
    desk.post(f"/case/{case.reference}/dispatch/", {"body_id": chosen, "version": case.version + 1})
    assert again(case).state == State.DISPATCHED


def test_stale_form_shows_the_newest_state_and_the_typed_reason(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    with acting_as(SYSTEM):
        actions.file(cases=[case.id], by=SYSTEM)
    answer = desk.post(
        f"/case/{case.reference}/comment/", {"note": "called the reporter", "version": case.version}, headers=HTML
    )
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "called the reporter" in page
    assert f'name="version" value="{case.version + 1}"' in page
    assert "Filed" in page


def test_change_needs_its_reason(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    answer = desk.post(f"/case/{case.reference}/decline/", {"note": " "}, headers=HTML)
    assert answer.status_code == 422
    assert again(case).state == State.COLLECTED


def test_unknown_change_is_nothing(enter, case: Case) -> None:
    assert enter(Role.DESK, "5101").post(f"/case/{case.reference}/escalate/").status_code == 404
    assert enter(Role.DESK, "W").get(f"/case/{case.reference}/file/").status_code == 405


def test_desk_narrows_and_survives_any_filter(enter, case: Case) -> None:
    desk = enter(Role.DESK, "5101")
    assert case.reference in desk.get("/desk/").content.decode()
    assert case.reference in desk.get("/desk/?state=collected&class_code=0101").content.decode()
    assert case.reference not in desk.get("/desk/?state=closed").content.decode()
    for query in (
        "state=nonsense",
        "unit=x",
        "body=1",
        "after=zzz",
        "after=2026-01-01T00:00:00_x",
        "after=2026-01-01T00:00:00_00000000-0000-0000-0000-000000000000",
        "open=zzz",
        "done=zzz",
        "order=x",
        "class_code='--",
        "text=%00",
        "text=%F0%9F%8E%89",
    ):
        assert desk.get(f"/desk/?{query}").status_code < 500, query


def test_bulk_does_what_it_can_and_says_what_it_cannot(world: World, enter, client: Client, case: Case) -> None:
    client.post("/report/", form(description="nothing chosen 没有类别"))
    desk = enter(Role.DESK, "5101")
    with acting_as(SYSTEM):
        ids = [str(pk) for pk in Case.objects.values_list("pk", flat=True)]
    sent = {"cases": ids, "change": "file", "here": "/desk/"}
    preview = desk.post("/desk/bulk/", sent, headers=HTML).content.decode()
    assert "1 case is left as it is: Choose the class first" in preview
    assert again(case).state == State.COLLECTED
    answer = desk.post("/desk/bulk/", sent | {"sure": "1"}, follow=True, headers=HTML)
    page = answer.content.decode()
    assert "1 case done" in page
    assert "Choose the class first" in page
    assert again(case).state == State.FILED
    away = desk.post("/desk/bulk/", {"here": "//evil.example/", "change": "file"})
    assert away.headers["Location"] == "/desk/"


@pytest.mark.parametrize(
    ("path", "role"),
    [("/desk/", Role.DESK), ("/field/", Role.HANDLER), ("/verify/", Role.VERIFIER), ("/hotline/", Role.HOTLINE_CLERK)],
)
def test_each_list_is_for_its_role(enter, client: Client, path: str, role: Role) -> None:
    body = "street" if role is Role.HANDLER else None
    assert enter(role, "51", body).get(path).status_code == 200
    assert enter().get(path).status_code == 403
    signed_out = client.get(path)
    assert signed_out.status_code == 302
    assert signed_out.headers["Location"].startswith("/sign-in/")


def test_hotline_makes_the_same_case_and_finds_it_by_the_caller(world: World, enter) -> None:
    clerk = enter(Role.HOTLINE_CLERK, "51")
    clerk.post(
        "/hotline/", form(contact_phone="13700001111", contact_name="王先生", lon=ELSEWHERE[0], lat=ELSEWHERE[1])
    )
    assert count() == 1
    page = clerk.get("/hotline/?phone=137 0000 1111").content.decode()
    assert "Rubbish at the gate" in page
    assert clerk.get("/hotline/?phone=abc").status_code == 200


def test_caller_s_own_reports_are_found_but_not_the_anonymous_ones(enter, case: Case) -> None:
    clerk = enter(Role.HOTLINE_CLERK, "51")
    assert case.reference in clerk.get("/hotline/?phone=13800001234").content.decode()
    with acting_as(SYSTEM):
        Case.objects.filter(pk=case.pk).update(anonymous=True)
    assert case.reference not in clerk.get("/hotline/?phone=13800001234").content.decode()


def test_rates_are_for_those_who_see_cases(enter, client: Client) -> None:
    assert enter(Role.LEADER, "51").get("/rates/?days=7").status_code == 200
    assert enter(Role.LEADER, "5101").get("/rates/?days=x").status_code == 200
    assert enter().get("/rates/").status_code == 403
    assert client.get("/rates/").status_code == 302


def test_photo_of_an_unsent_report_is_nobody_else_s(world: World, enter, client: Client) -> None:
    assert client.get("/report/photos/not-a-token/").status_code == 404
    answer = enter().post("/report/photos/", {"kept": ["x", "y"]})
    assert answer.status_code == 200


def test_neighbour_joins_a_report_that_the_desk_has_not_read_and_sees_none_of_its_words(enter, case: Case) -> None:
    neighbour = enter(phone="13900001111")
    answer = neighbour.post(f"/case/{case.reference}/support/", follow=True)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert f"You are told what becomes of case {case.reference}" in page
    assert "暴露垃圾" in page or "0101" in page
    assert "垃圾堆放在门口" not in page


def test_files_for_a_change_that_one_may_not_make_do_not_fill_the_disk(enter, case: Case) -> None:
    files = [SimpleUploadedFile(f"{one}.pdf", b"%PDF-1.7\n%%EOF\n", "application/pdf") for one in range(9)]
    answer = enter().post(f"/case/{case.reference}/report_back/", {"done": "x", "files": files})
    assert answer.status_code == 403
    with acting_as(SYSTEM):
        assert StoredFile.objects.count() == 0


@pytest.mark.parametrize("lon", ["nan", "inf", "1e400", "-1e308", "180", "x", "0x10", "1_0"])
def test_hints_answer_whatever_position_is_sent(world: World, client: Client, lon: str) -> None:
    assert client.post("/report/hints/", form(lon=lon)).status_code == 200
    assert client.post("/report/hints/", form(lon=lon, lat=lon)).status_code == 200


def test_a_class_that_was_retired_is_not_suggested(world: World, client: Client) -> None:
    with acting_as(SYSTEM):
        actions.learn_classes(by=SYSTEM)
        CaseClass.objects.filter(code="0102").update(active=False)
    forget_caches()
    queries.forget()
    page = client.post("/report/hints/", form(description="路灯不亮了")).content.decode()
    assert 'value="0102"' not in page


def test_desk_corrects_a_place_by_name_or_code_and_is_asked_where_it_is_doubtful(enter, case: Case) -> None:
    desk = enter(Role.DESK, "51")
    address = f"/case/{case.reference}/locate/"
    assert f'action="{address}"' in desk.get(f"/case/{case.reference}/").content.decode()
    for doubtful, words in (("community", "communityE1 (E1)"), ("nowhere", "No place has this name")):
        asked = desk.post(address, {"place": doubtful})
        assert asked.status_code == 422
        assert words in asked.content.decode()
    for named, unit in (("communityE2", "E2"), ("W1", "W1")):
        assert desk.post(address, {"place": named}).status_code == 302
        assert again(case).community.code == unit


def test_hints_look_at_no_more_than_a_report_can_hold(world: World, client: Client) -> None:
    page = client.post("/report/hints/", form(description="路灯" + "x" * 5000)).content.decode()
    assert 'value="0102"' in page
    page = client.post("/report/hints/", form(description="x" * 5000 + "路灯")).content.decode()
    assert 'value="0102"' not in page


def test_desk_is_offered_the_likely_class_and_what_may_be_the_same_and_merges_with_one_click(
    world: World, enter, case: Case
) -> None:
    neighbour = world.resident("13900001111")
    with acting_as(neighbour):
        report = Report(description="门口垃圾堆放有异味", lon=HERE[0], lat=HERE[1])
        other = actions.collect(report=report, by=neighbour).case
    desk = enter(Role.DESK, "51")
    page = desk.get(f"/case/{other.reference}/").content.decode()
    assert "Suggested: 0101" in page
    assert f'href="/case/{case.reference}/"' in page
    assert f'name="into" value="{case.reference}"' in page
    answer = desk.post(f"/case/{other.reference}/merge/", {"into": case.reference, "version": other.version})
    assert answer.status_code == 302
    assert again(other).merged_into_id == case.id
    reporter = enter(phone="13900001111").get(f"/case/{other.reference}/").content.decode()
    assert 'name="into"' not in reporter


def test_why_the_body_has_the_case_stands_beside_it(world: World, enter: Enter, case: Case) -> None:
    desk = world.actor("why-desk", Role.DESK, "5101")
    with acting_as(desk):
        actions.file(cases=[case.id], by=desk, class_code="0101")
        actions.dispatch(cases=[case.id], by=desk)
    page = enter(Role.DESK, "5101").get(f"/case/{case.reference}/").content.decode()
    assert "Why this body" in page
    with acting_as(SYSTEM):
        listed = DutyList.objects.get()
    assert f"/duties/lists/{listed.id}/" in page
    assert "In force from Jan 1, 2010" in page

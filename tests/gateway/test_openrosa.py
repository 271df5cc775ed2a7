"""ODK Collect as a second field app: it finds its form and its doors, sends visits as often as it likes, and each is stored once.

The client below sends what Collect sends: a HEAD first, then parts in one multipart body with the answers in `xml_submission_file`.
"""

# Fixtures are imported by their names.
# ruff: noqa: F401, F811

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID, uuid4
from xml.etree.ElementTree import Element, fromstring

import pytest
from campaigns.conftest import Running, area, declared, leader, running
from campaigns.test_following import ILL, WELL, asking
from campaigns.test_receiving import send, visit
from campaigns.test_visit_parts import own_folder, picture
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from linli.campaigns import actions as campaigns
from linli.campaigns import answering, forms, queries
from linli.campaigns.forms import collect
from linli.campaigns.forms.compiling import convert
from linli.campaigns.models import Aside, Campaign, Door, FollowUp, Outcome, Submission, VisitPhoto
from linli.campaigns.queries import visits as reads
from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import NotAllowed, NotFound
from linli.foundation.models import Entry
from linli.gateway import actions, own_data
from linli.gateway.errors import NotInTeam
from linli.gateway.models import AppUser
from linli.people.models import Person, Post

pytestmark = pytest.mark.django_db

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
SAID = "{http://openrosa.org/http/response}message"
XF = "{http://www.w3.org/2002/xforms}"
BOUNDARY = "4f3c1f0e9f0d"


def part(name: str, filename: str, content_type: str, content: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    kind = f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    return (head + kind).encode() + content + b"\r\n"


@dataclass
class Phone:
    """Collect on one phone."""

    base: str
    device: str = "collect:0a1b2c"
    client: Client = field(default_factory=Client)

    def get(self, path: str) -> Any:
        return self.client.get(path if path.startswith("http") else f"{self.base}/{path}")

    def body(self, xml: bytes, photos: list[bytes] | None = None) -> bytes:
        parts = [part("xml_submission_file", "visit.xml", "text/xml", xml)]
        parts += [part(f"{n}.jpg", f"{n}.jpg", "image/jpeg", photo) for n, photo in enumerate(photos or [])]
        return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()

    def post(self, body: bytes, **headers: str) -> Any:
        now = clock.now()
        # As Collect writes it: hours from 1 to 12.
        date = headers.pop("date", now.strftime("%a, %d %b %Y %I:%M:%S GMT"))
        sent = {"X-OpenRosa-Version": "1.0", "Date": date} | headers
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.client.post(f"{self.base}/submission?deviceID={self.device}", body, kind, headers=sent)

    def send(self, xml: bytes, photos: list[bytes] | None = None, **headers: str) -> int:
        """The status; every answer is in OpenRosa's form."""
        assert self.client.head(f"{self.base}/submission").status_code == 204
        answer = self.post(self.body(xml, photos), **headers)
        assert answer["X-OpenRosa-Version"] == "1.0"
        assert said(answer)
        return int(answer.status_code)


def said(answer: Any) -> str:
    message = fromstring(answer.content).find(SAID)
    assert message is not None
    assert message.get("nature") == ("submit_success" if answer.status_code == 201 else "submit_error")
    return message.text or ""


@pytest.fixture
def phone(asking: Running) -> Phone:
    return connected(asking)


def connected(asking: Running, team: int = 0) -> Phone:
    person = asking.leads[team].id
    assert person is not None
    with acting_as(asking.leader):
        made = actions.connect_app(team_id=asking.teams[team].id, person_id=person, by=asking.leader)
    return Phone(f"/openrosa/{made.token}")


def form_of(asking: Running) -> forms.Form:
    with acting_as(SYSTEM):
        return answering.form_of(Campaign.objects.select_related("form").get(pk=asking.campaign.pk).form)


def filled(
    asking: Running,
    door: UUID | str,
    outcome: str = "done",
    answers: dict[str, Any] | None = None,
    *,
    at: datetime | None = None,
    made: UUID | None = None,
) -> bytes:
    """What Collect writes: the answers, with the two questions before them and the time in the metadata."""
    moment = (at or clock.now() - timedelta(minutes=5)).isoformat(timespec="milliseconds")
    xml = forms.instance_of(
        form_of(asking),
        (WELL if outcome == "done" else {}) if answers is None else answers,
        instance_id=f"uuid:{made or uuid4()}",
    )
    start, rest = xml.split(">", 1)
    xml = f"{start}><visit_door>{door}</visit_door><visit_outcome>{outcome}</visit_outcome>{rest}"
    return xml.replace("</meta>", f"<timeEnd>{moment}</timeEnd></meta>").encode()


def stored(asking: Running) -> list[Submission]:
    with acting_as(SYSTEM):
        return list(Submission.objects.filter(campaign=asking.campaign).order_by("received_at"))


# --- what Collect takes with it --------------------------------------------------------------------------------------


def test_collect_finds_the_form_and_the_doors_of_its_team(asking: Running, phone: Phone) -> None:
    listed = phone.get("formList")
    assert listed["X-OpenRosa-Version"] == "1.0"
    assert listed["X-OpenRosa-Accept-Content-Length"].isdigit()
    assert listed["Date"].endswith("GMT")
    (form,) = fromstring(listed.content)
    told = {child.tag.removeprefix(LIST): child.text or "" for child in form}
    assert told["formID"] == "household_screening"
    assert told["name"] == "逐户排查"
    xform = phone.get(told["downloadUrl"])
    assert told["hash"] == f"md5:{md5(xform.content).hexdigest()}"
    (media,) = fromstring(phone.get(told["manifestUrl"]).content)
    file = {child.tag.removeprefix(MANIFEST): child.text or "" for child in media}
    doors = phone.get(file["downloadUrl"])
    assert file["filename"] == "doors.csv"
    assert file["hash"] == f"md5:{md5(doors.content).hexdigest()}"
    rows = list(csv.DictReader(io.StringIO(doors.content.decode())))
    assert {UUID(row["name"]) for row in rows} == {door.id for door in asking.doors_of(0)}
    assert "B1 1单元 101" in {row["label"] for row in rows}


def test_asked_for_one_form_it_lists_no_other(asking: Running, phone: Phone) -> None:
    assert len(fromstring(phone.get("formList?formID=household_screening&deviceID=x&verbose=true").content)) == 1
    assert len(fromstring(phone.get("formList?formID=another").content)) == 0


def asked_of(form: forms.Form) -> Element:
    words = {"zh": "哪一户", "en": "Which door?"}
    asked = collect.Asked(words, words, {outcome.value: words for outcome in Outcome})
    return fromstring(collect.for_collect(form, asked, Outcome.DONE))


def binds(xform: Element) -> dict[str, Element]:
    return {bind.get("nodeset", ""): bind for bind in xform.iter(f"{XF}bind")}


@pytest.mark.parametrize("name", forms.SHIPPED)
def test_the_form_for_collect_asks_two_questions_more_and_keeps_every_rule(name: str) -> None:
    form = convert(forms.shipped(name))
    before, after = binds(fromstring(form.xml)), binds(asked_of(form))
    tops = {item.path for item in form.structure.items}
    added = {"/data/visit_door", "/data/visit_outcome", "/data/meta/timeEnd"}
    assert set(after) == set(before) | tops | added
    for path, bind in before.items():
        rules = dict(bind.attrib)
        if path in tops:
            own = rules.get("relevant")
            rules["relevant"] = "/data/visit_outcome = 'done'" + (f" and ({own})" if own else "")
        assert dict(after[path].attrib) == rules
    assert all(after[path].get("relevant", "").startswith("/data/visit_outcome = 'done'") for path in tops)
    assert len(list(asked_of(form).iter(f"{XF}upload"))) == form.xml.count("<upload"), (
        "photos are asked for as the form does"
    )


def test_a_form_that_asks_for_a_visit_door_itself_keeps_it() -> None:
    sheet = "survey\n,type,name,label\n,text,visit_door,Door\nsettings\n,form_id\n,mine\n"
    form = convert(sheet.encode())
    assert {"/data/visit_door", "/data/visit_door_", "/data/visit_outcome_"} <= set(binds(asked_of(form)))


@given(st.text(max_size=200))
def test_whatever_comes_as_an_instance_is_read_or_refused(text: str) -> None:
    from linli.foundation.errors import DomainError
    from linli.gateway.openrosa.receiving import visit_of

    for xml in (text, f"<data id='linli_doors' version='1'>{text}</data>"):
        with pytest.raises(DomainError):
            visit_of(collect.ONLY_DOORS, xml.encode("utf-8", "surrogatepass"))


# --- what it sends ---------------------------------------------------------------------------------------------------


def test_a_visit_from_collect_is_the_same_visit(asking: Running, phone: Phone) -> None:
    door, made = asking.doors_of(0)[0], uuid4()
    at = clock.now() - timedelta(hours=2)
    assert phone.send(filled(asking, door.id, answers=ILL, at=at, made=made)) == 201
    (row,) = stored(asking)
    assert (row.id, row.door, row.outcome, row.aside, row.team_id) == (made, door.id, "done", "", asking.teams[0].id)
    assert abs(row.visited_at - at) < timedelta(seconds=1)
    assert row.by_id == asking.leads[0].id
    with acting_as(asking.leader):
        answers = queries.submission_answers(asking.leader, row.id)
    assert answers == {name: value for name, value in ILL.items() if value is not None}
    with acting_as(SYSTEM):
        assert FollowUp.objects.filter(door=door.id, rule="fever").exists()


def test_sent_again_and_again_it_is_stored_once(asking: Running, phone: Phone) -> None:
    door = asking.doors_of(0)[0]
    xml = filled(asking, door.id)
    assert [phone.send(xml) for _again in range(3)] == [201, 201, 201]
    # Photos are spread over several requests, each with the answers.
    for photos in ([picture("red")], [picture("red")], [picture("red"), picture("blue")]):
        assert phone.send(xml, photos) == 201
    assert len(stored(asking)) == 1
    with acting_as(asking.leader):
        (seen,) = reads.visits_of_door(asking.leader, asking.campaign, door.building_id, door.id)
        assert len(seen.photos) == 2
        assert all(b"SecretCamera" not in reads.photo(asking.leader, one, small=False) for one in seen.photos)


def test_a_visit_in_several_requests_says_that_more_comes(asking: Running, phone: Phone) -> None:
    """What is larger than the server takes at once comes in several, each with the answers; all but the last are marked."""
    xml = filled(asking, asking.doors_of(0)[0].id)
    mark = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="*isIncomplete*"\r\n\r\nyes\r\n'.encode()
    for colour, more in (("red", mark), ("blue", mark), ("green", b"")):
        whole = part("xml_submission_file", "visit.xml", "text/xml", xml)
        whole += part(f"{colour}.jpg", f"{colour}.jpg", "image/jpeg", picture(colour)) + more
        assert phone.post(whole + f"--{BOUNDARY}--\r\n".encode()).status_code == 201
    (row,) = stored(asking)
    with acting_as(SYSTEM):
        assert VisitPhoto.objects.filter(visit=row).count() == 3


def test_what_comes_in_chunks_is_read(asking: Running, phone: Phone) -> None:
    """HTTP/1.1 lets a client send without saying how much it is."""
    body = phone.body(filled(asking, asking.doors_of(0)[0].id), [picture()])
    sent = {"X-OpenRosa-Version": "1.0", "Transfer-Encoding": "chunked"}
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    for cut in (len(body) // 2, len(body)):
        answer = phone.client.post(f"{phone.base}/submission", body[:cut], kind, headers=sent)
        assert answer.status_code in {201, 400, 422}
        assert said(answer)
    assert len(stored(asking)) == 1
    with acting_as(SYSTEM):
        assert VisitPhoto.objects.count() == 1


def test_a_form_that_was_edited_is_another_visit_and_both_are_kept(asking: Running, phone: Phone) -> None:
    door = asking.doors_of(0)[0]
    first, second = uuid4(), uuid4()
    assert phone.send(filled(asking, door.id, "nobody_home", made=first)) == 201
    edited = filled(asking, door.id, made=second, at=clock.now() - timedelta(minutes=1))
    edited = edited.replace(b"</meta>", f"<deprecatedID>uuid:{first}</deprecatedID></meta>".encode())
    assert phone.send(edited) == 201
    assert {row.id for row in stored(asking)} == {first, second}
    with acting_as(SYSTEM):
        assert Door.objects.get(campaign=asking.campaign, door=door.id).outcome == "done"


def test_two_phones_of_one_person_are_two_devices(asking: Running, phone: Phone) -> None:
    other = Phone(phone.base, device="collect:ffff")
    doors = asking.doors_of(0)
    assert phone.send(filled(asking, doors[0].id, "nobody_home")) == 201
    assert other.send(filled(asking, doors[0].id)) == 201
    rows = stored(asking)
    assert len({row.device for row in rows}) == 2
    with acting_as(SYSTEM):
        assert Door.objects.get(campaign=asking.campaign, door=doors[0].id).outcome == "done"


def test_a_body_cut_anywhere_is_refused_or_stored_and_then_known(asking: Running, phone: Phone) -> None:
    xml = filled(asking, asking.doors_of(0)[0].id)
    body = phone.body(xml, [b"\xff\xd8" + bytes(3000)])
    for cut in [*range(0, len(body), 97), len(body) - 1]:
        answer = phone.post(body[:cut])
        assert answer.status_code in {201, 400, 422}, cut
        assert said(answer)
    assert phone.send(xml) == 201
    assert len(stored(asking)) == 1


def test_a_photo_of_30_mb_costs_nobody_the_visit(asking: Running, phone: Phone) -> None:
    xml = filled(asking, asking.doors_of(0)[0].id)
    answer = phone.post(phone.body(xml, [b"\xff\xd8\xff" + bytes(30 * 1024 * 1024), picture()]))
    assert answer.status_code == 201
    assert "20 MB" in said(answer), "whoever sent it hears why"
    assert len(stored(asking)) == 1
    with acting_as(SYSTEM):
        assert VisitPhoto.objects.count() == 1, "the other one is kept"


def test_a_member_who_was_removed_sends_what_they_had_done_before(asking: Running, phone: Phone) -> None:
    doors = asking.doors_of(0)
    with acting_as(SYSTEM):
        membership = asking.teams[0].memberships.get(leads=True)
        membership.since -= timedelta(hours=3)
        membership.save()
        member = membership.member_id
    with acting_as(asking.leader), clock.at(clock.now() - timedelta(hours=1)):
        campaigns.leave_team(member=member, reason="身体不适", by=asking.leader)
    assert not list(fromstring(phone.get("formList").content))
    assert phone.get("forms/household_screening.xml").status_code == 404
    before, after = clock.now() - timedelta(hours=2), clock.now() - timedelta(minutes=10)
    assert phone.send(filled(asking, doors[0].id, at=before)) == 201
    assert phone.send(filled(asking, doors[1].id, at=after)) == 201
    assert sorted(row.aside for row in stored(asking)) == ["", Aside.REMOVED]


def test_a_clock_that_is_hours_off_is_set_right_by_the_hour_of_sending(asking: Running, phone: Phone) -> None:
    off, real = timedelta(hours=4), clock.now() - timedelta(minutes=30)
    date = (clock.now() + off).strftime("%a, %d %b %Y %I:%M:%S GMT")
    assert phone.send(filled(asking, asking.doors_of(0)[0].id, at=real + off), date=date) == 201
    (row,) = stored(asking)
    assert abs(row.visited_at - real) <= timedelta(minutes=1)
    for nonsense in ("", "yesterday", "Thu, 99 Nov 2026 25:00:00 GMT"):
        assert phone.send(filled(asking, asking.doors_of(0)[1].id), date=nonsense) == 201


def test_what_does_not_count_is_set_aside_and_collect_hears_that_it_arrived(asking: Running, phone: Phone) -> None:
    elsewhere = asking.doors_of(1)[0].id
    wrong = WELL | {"people_at_home": 900}
    assert phone.send(filled(asking, elsewhere)) == 201
    assert phone.send(filled(asking, uuid4())) == 201
    assert phone.send(filled(asking, asking.doors_of(0)[0].id, answers=wrong)) == 201
    asides = {row.aside for row in stored(asking)}
    assert asides == {Aside.NOT_YOURS, Aside.UNKNOWN_DOOR, Aside.ANSWERS}


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><data>&b;</data>'


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda xml: xml[: len(xml) // 2], 422),
        (lambda xml: b"", 422),
        (lambda xml: b"\x00\xff" * 50, 422),
        (lambda xml: BOMB.encode(), 422),
        (lambda xml: xml.replace(b"household_screening", b"another_form"), 409),
        (lambda xml: xml.replace(b'version="', b'version="0'), 409),
        (lambda xml: xml.replace(b"uuid:", b"uuid:not-"), 422),
        (lambda xml: xml.replace(b"<visit_outcome>done", b"<visit_outcome>"), 422),
        (lambda xml: xml.replace(b"<visit_outcome>done", b"<visit_outcome>eaten"), 422),
        (lambda xml: xml.replace(b"<visit_door>", b"<visit_door>x"), 422),
        (lambda xml: xml.replace(b"timeEnd>", b"timeStart>"), 422),
        (lambda xml: xml.replace(b"<timeEnd>2", b"<timeEnd>9999999"), 422),
        (lambda xml: xml.replace(b"</data>", b"<a>" * 60_000 + b"</a>" * 60_000 + b"</data>"), 422),
        (lambda xml: xml + b" " * 300_000, 422),
    ],
)
def test_what_is_wrong_is_refused_in_words_and_stays_on_the_phone(
    asking: Running,
    phone: Phone,
    change: Any,
    status: int,
) -> None:
    assert phone.send(change(filled(asking, asking.doors_of(0)[0].id))) == status
    assert not stored(asking)


def test_every_other_request_is_refused_in_the_same_form(asking: Running, phone: Phone) -> None:
    client = Client()
    for path in ("/openrosa/", "/openrosa/x/formList", f"{phone.base}x/formList", f"{phone.base}/nothing"):
        answer = client.get(path)
        assert answer.status_code in {403, 404}, path
    assert said(client.get(f"{phone.base}/nothing"))
    assert phone.get("forms/another.xml").status_code == 404
    refused = client.put(f"{phone.base}/submission")
    assert (refused.status_code, refused["Allow"]) == (405, "POST, HEAD")
    assert client.post(f"{phone.base}/submission", {"xml_submission_file": "no file"}).status_code == 400
    assert client.post(f"{phone.base}/submission", b"{}", "application/json").status_code == 400
    assert client.post(f"{phone.base}/submission", b"--", "multipart/form-data").status_code == 400


def test_a_screening_without_a_form_asks_for_doors_alone(running: Running) -> None:
    phone = connected(running)
    (form,) = fromstring(phone.get("formList").content)
    assert form.findtext(f"{LIST}formID") == "linli_doors"
    xml = (
        f'<data id="linli_doors" version="1"><visit_door>{running.doors_of(0)[0].id}</visit_door>'
        f"<visit_outcome>refused</visit_outcome><meta><instanceID>uuid:{uuid4()}</instanceID>"
        f"<timeEnd>{clock.now().isoformat()}</timeEnd></meta></data>"
    )
    assert phone.send(xml.encode()) == 201
    assert [row.outcome for row in stored(running)] == ["refused"]


def test_a_household_that_no_list_had_is_among_the_doors_of_collect(asking: Running, phone: Phone) -> None:
    building, found = asking.doors_of(0)[0].building_id, uuid4()
    send(asking, [visit(found, "nobody_home", found_in=building, found_label="楼梯后面")])
    rows = csv.DictReader(io.StringIO(phone.get("forms/household_screening/media/doors.csv").content.decode()))
    assert {row["name"]: row["label"] for row in rows}[str(found)].endswith("楼梯后面")
    assert phone.send(filled(asking, found)) == 201
    assert [row.aside for row in stored(asking)] == ["", ""]


# --- the way in ------------------------------------------------------------------------------------------------------


def test_a_connection_is_made_by_whoever_runs_the_campaign_and_ended_at_once(asking: Running, phone: Phone) -> None:
    world, team, person = asking.area.world, asking.teams[0].id, asking.leads[0].id
    assert person is not None
    stranger = world.actor("elsewhere", Role.LEADER, "E2")
    for by, refused in ((stranger, NotFound), (asking.leads[0], NotAllowed)):
        with acting_as(by), pytest.raises(refused):
            actions.connect_app(team_id=team, person_id=person, by=by)
    with acting_as(asking.leader):
        other = asking.leads[1].id
        assert other is not None
        with pytest.raises(NotInTeam):
            actions.connect_app(team_id=team, person_id=other, by=asking.leader)
        user = AppUser.objects.get(team=team)
    xml = filled(asking, asking.doors_of(0)[0].id)
    with acting_as(stranger), pytest.raises(NotFound):
        actions.disconnect_app(user_id=user.id, by=stranger)
    with acting_as(asking.leader):
        actions.disconnect_app(user_id=user.id, by=asking.leader)
        actions.disconnect_app(user_id=user.id, by=asking.leader)
    assert phone.post(phone.body(xml)).status_code == 403
    with acting_as(SYSTEM):
        steps = Entry.objects.filter(subject_id=user.id).values_list("action", flat=True)
        assert sorted(steps) == ["connected", "disconnected"]
    assert not stored(asking)


def test_the_api_shows_the_way_in_once(asking: Running, client: Client) -> None:
    with acting_as(SYSTEM):
        leader = Person.objects.get(pk=asking.leader.id)
        Post.objects.get_or_create(person=leader, role=Role.LEADER, unit=asking.area.world.units["51"])
        client.force_login(leader)
    body = {"team": str(asking.teams[0].id), "person": str(asking.leads[0].id)}
    made = client.post("/api/v1/gateway/app-users", body, "application/json")
    assert made.status_code == 201
    told = made.json()
    path = json.loads(told["secret"])["general"]["server_url"].partition("/openrosa/")[2]
    assert client.get(f"/openrosa/{path}/formList").status_code == 200
    listed = client.get("/api/v1/gateway/app-users", {"team": body["team"]}).json()
    assert [set(one) for one in listed] == [{"id", "team", "person", "created_at", "revoked_at"}]
    with acting_as(SYSTEM):
        assert path.encode() not in bytes(AppUser.objects.get(pk=told["id"]).key_hash)
    assert client.delete(f"/api/v1/gateway/app-users/{told['id']}").json()["revoked_at"]
    assert client.get(f"/openrosa/{path}/formList").status_code == 403


def test_a_connection_goes_with_the_account(asking: Running, phone: Phone) -> None:
    person = asking.leads[0].id
    assert person is not None
    with acting_as(SYSTEM):
        assert any("field_app" in row for row in own_data.export(person))
        own_data.erase(person, SYSTEM)
        assert not AppUser.objects.exists()
    assert phone.get("formList").status_code == 403


def test_when_it_is_over_the_form_goes_and_what_was_done_before_still_counts(asking: Running, phone: Phone) -> None:
    door = asking.doors_of(0)[0].id
    with acting_as(asking.leader):
        campaigns.end(declaration=asking.campaign.declaration_id, reason="疫情解除", by=asking.leader)
    assert not list(fromstring(phone.get("formList").content))
    assert phone.send(filled(asking, door)) == 201
    assert [row.aside for row in stored(asking)] == [""]


def test_when_the_screening_is_closed_collect_has_nothing_to_visit(asking: Running, phone: Phone) -> None:
    with acting_as(asking.leader):
        campaigns.close(campaign=asking.campaign.id, reason="全部走访完毕", by=asking.leader)
    assert not list(fromstring(phone.get("formList").content))


@pytest.fixture(autouse=True)
def fresh_rates() -> Iterator[None]:
    from linli.foundation import rates

    rates.keys.forget()
    yield
    rates.keys.forget()

"""Collect sends visits as often as it likes, and each is stored once; what is wrong is refused and stays on the phone."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4
from xml.etree.ElementTree import fromstring

import pytest
from campaigns.conftest import Running
from campaigns.test_following import ILL, WELL
from campaigns.test_visit_parts import picture
from django.test import Client
from gateway.openrosa.collect import BOUNDARY, Phone, filled, part, said, stored

from linli.campaigns import actions as campaigns
from linli.campaigns import queries
from linli.campaigns.models import Aside, Door, FollowUp, VisitPhoto
from linli.campaigns.queries import visits as reads
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as

pytestmark = pytest.mark.django_db


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


NO_TIMES = (
    *(b"2026-02-30T10:00:00Z", b"2026-11-28T25:00:00Z", b"2026-11-28T10:00:00+99:99", b"0001-01-01T00:00:00"),
    *(b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00"),
)


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
        *((lambda xml, time=time: re.sub(rb"<timeEnd>[^<]+", b"<timeEnd>" + time, xml), 422) for time in NO_TIMES),
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

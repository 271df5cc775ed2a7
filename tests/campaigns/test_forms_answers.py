"""Answers as JSON and as XML say the same, and a broken rule is told and not thrown."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import rxeval
from django.utils import translation
from factories.xlsforms import as_csv, question
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from linli.campaigns.forms import (
    SHIPPED,
    Form,
    Problem,
    answers_of,
    check,
    check_answers,
    checking,
    compile_xlsform,
    identity_of,
    instance_of,
    shipped,
)
from linli.campaigns.forms.checking import MAX_FINDINGS, MAX_PATH
from linli.campaigns.forms.compiling import convert
from linli.campaigns.forms.errors import OtherForm, UnfitAnswers, UnreadableAnswers
from linli.campaigns.forms.instances import MAX_BYTES, MAX_ROWS, fit
from linli.campaigns.forms.structure import SECTIONS, Item, Kind

# Noon in Chengdu.
AT = datetime(2026, 11, 26, 4, tzinfo=UTC)

HEALTHY = {
    "name": "小李",
    "age_band": "age_18_59",
    "symptoms": ["none"],
    "temperature": 36.5,
    "fever": 0,
    "chronic_medicine": "no",
}
ILL = {
    "name": "张阿姨",
    "age_band": "age_60_79",
    "symptoms": ["cough", "fever"],
    "temperature": 38.2,
    "fever": 1,
    "symptoms_since": "2026-11-20",
    "chronic_medicine": "yes",
    "medicine_days_left": 3,
    "lives_alone": "yes",
    "needs_help_daily": "no",
}
VISIT = {
    "answered_by": "member",
    "people_at_home": 2,
    "member": [HEALTHY, ILL],
    "members_listed": 2,
    "fevers": 1,
    "contact": {"contact_with_case": "yes", "contact_on": "2026-11-26", "away_14_days": "no"},
    "needs": ["food", "medicine"],
    "needs_note": "降压药 & 大米 <5kg>",
    "gas_smell": "no",
    "photo": "1764129600.jpg",
    "position": {"lat": 30.65, "lon": 104.1, "altitude": 0.0, "accuracy": 12.5},
}


@pytest.fixture(scope="module")
def screening() -> Form:
    return compile_xlsform(shipped("household_screening"))


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def told(form: Form, answers: dict[str, Any]) -> set[tuple[str, str]]:
    return {(f.problem.value, f.path) for f in check(form, instance_of(form, answers, instance_id="uuid:1"), at=AT)}


def test_a_good_visit_comes_back_as_it_was_and_has_no_findings(screening):
    instance = instance_of(screening, VISIT, instance_id="uuid:7")
    assert answers_of(screening, instance) == VISIT
    assert told(screening, VISIT) == set()
    assert identity_of(instance) == identity_of(instance.encode())
    assert (identity_of(instance).form_id, identity_of(instance).instance_id) == ("household_screening", "uuid:7")


def test_what_collect_sends_is_read_the_same(screening):
    """As ODK Collect writes it: namespaces, the meta block first, empty elements, CDATA, references to signs."""
    sent = """<?xml version='1.0' ?>
        <data id="household_screening" version="1" xmlns:h="http://www.w3.org/1999/xhtml"
              xmlns:orx="http://openrosa.org/xforms">
          <orx:meta><orx:instanceID> uuid:9 </orx:instanceID></orx:meta>
          <answered_by>by_phone</answered_by><people_at_home>1</people_at_home><phone/>
          <member><name><![CDATA[老王 <3]]></name><symptoms>&#102;ever cough</symptoms>
            <temperature>38.50</temperature></member>
          <position>30.65 104.1 0.0 0.0</position>
        </data>"""
    assert answers_of(screening, sent.encode()) == {
        "answered_by": "by_phone",
        "people_at_home": 1,
        "member": [{"name": "老王 <3", "symptoms": ["fever", "cough"], "temperature": 38.5}],
        "position": {"lat": 30.65, "lon": 104.1, "altitude": 0.0, "accuracy": 0.0},
    }
    assert identity_of(sent).instance_id == "uuid:9"


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"temperature": 33.9}, ("constraint", "/data/member[2]/temperature")),
        ({"temperature": 43.1, "fever": 1}, ("constraint", "/data/member[2]/temperature")),
        ({"symptoms": ["none", "fever"]}, ("constraint", "/data/member[2]/symptoms")),
        ({"symptoms_since": "2026-11-27"}, ("constraint", "/data/member[2]/symptoms_since")),
        ({"symptoms_since": "2026-09-26"}, ("constraint", "/data/member[2]/symptoms_since")),
        ({"name": None}, ("required", "/data/member[2]/name")),
        ({"age_band": ""}, ("required", "/data/member[2]/age_band")),
        ({"fever": 0}, ("calculation", "/data/member[2]/fever")),
        ({"temperature": "warm"}, ("malformed", "/data/member[2]/temperature")),
        ({"symptoms_since": "20 November"}, ("malformed", "/data/member[2]/symptoms_since")),
        ({"symptoms_since": "2026-11-31"}, ("malformed", "/data/member[2]/symptoms_since")),
        ({"age_band": "ancient"}, ("unknown_choice", "/data/member[2]/age_band")),
        ({"symptoms": ["fever", "plague"]}, ("unknown_choice", "/data/member[2]/symptoms")),
    ],
)
def test_one_wrong_answer_is_one_finding_with_its_row(screening, change, finding):
    found = told(screening, {**VISIT, "member": [HEALTHY, {**ILL, **change}]})
    assert finding in found
    assert all(path.startswith("/data/member[2]/") or path == "/data/fevers" for _kind, path in found)


def test_the_limits_themselves_are_possible(screening):
    for temperature, fever in ((34, 0), (37.3, 1), (43, 1)):
        ill = {**ILL, "symptoms": ["cough"], "temperature": temperature, "fever": fever}
        assert told(screening, {**VISIT, "member": [HEALTHY, ill], "fevers": fever}) == set()


def test_a_finding_speaks_the_languages_of_the_form(screening):
    wrong = {**VISIT, "member": [HEALTHY, {**ILL, "temperature": 50, "name": ""}]}
    by_problem = {f.problem: f for f in check(screening, instance_of(screening, wrong, instance_id="x"), at=AT)}
    assert by_problem[Problem.CONSTRAINT].message == {
        "zh": "体温应在 34 到 43 之间，请重新测量",
        "en": "A temperature is between 34 and 43: measure again",
    }
    # The form has no words of its own for this.
    assert by_problem[Problem.REQUIRED].message == {"zh": "此处须填写。", "en": "An answer is needed here."}


def test_what_is_not_asked_is_not_needed(screening):
    """Nobody lives here: no member is asked, and no rule of a member is broken."""
    left_over = {"temperature": 50, "fever": 0}
    nobody = {**VISIT, "people_at_home": 0, "member": [left_over], "members_listed": 1, "fevers": 0}
    assert told(screening, nobody) == set()
    assert ("constraint", "/data/member[1]/temperature") in told(screening, {**nobody, "people_at_home": 1})


def test_a_rule_that_cannot_be_evaluated_is_never_a_pass():
    form = compile_xlsform(as_csv([question("text", "when", constraint="decimal-date-time(.) > 3")]))
    assert told(form, {"when": "2026-11-26"}) == {("not_evaluated", "/data/when")}


def test_a_calculated_day_is_compared_as_a_day():
    form = compile_xlsform(as_csv([{"type": "calculate", "name": "day", "calculation": "today()"}]))
    assert told(form, {"day": "2026-11-26"}) == set()
    assert told(form, {"day": "2026-11-25"}) == {("calculation", "/data/day")}


def test_rules_hold_as_of_the_visit_in_the_city(screening):
    """Half past midnight in Chengdu is still yesterday in Greenwich."""
    visit = instance_of(screening, VISIT, instance_id="x")
    assert check(screening, visit, at=datetime(2026, 11, 25, 16, 30, tzinfo=UTC)) == []
    early = check(screening, visit, at=datetime(2026, 11, 25, 15, 30, tzinfo=UTC))
    assert [f.path for f in early] == ["/data/contact/contact_on"]


def test_quotes_and_signs_in_rules_are_obeyed():
    form = compile_xlsform(as_csv([question("text", "a", constraint=". = \"it's <5\" or . = 'a & b'")]))
    assert told(form, {"a": "it's <5"}) == told(form, {"a": "a & b"}) == set()
    assert told(form, {"a": "other"}) == {("constraint", "/data/a")}


def test_answers_to_another_form_are_said_to_be(screening):
    other = compile_xlsform(shipped("flood_check"))
    with pytest.raises(OtherForm, match="flood_check, version 1"):
        answers_of(screening, instance_of(other, {}, instance_id="x"))


# Documents that nobody's phone would send.


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{}",
        b"/etc/passwd",
        b"<data",
        b"<data><a></data>",
        b"<data/><data/>",
        b"<data>\x00</data>",
        b"\xff\xfe\x00",
        b"<?xml version='1.0' encoding='no-such'?><data/>",
        b"<?xml version='1.0' encoding='utf-7'?><data/>",
        b"<!DOCTYPE d [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><data>&b;</data>",
        b"<!DOCTYPE d SYSTEM 'file:///etc/passwd'><data/>",
        b"<!DOCTYPE d [<!ENTITY x SYSTEM 'http://127.0.0.1/'>]><data>&x;</data>",
        b"<data>" + b" " * MAX_BYTES + b"</data>",
        b"<a>" * 10_000,
    ],
)
def test_what_is_no_plain_xml_is_answered(screening, document):
    for read in (identity_of, lambda xml: answers_of(screening, xml), lambda xml: check(screening, xml, at=AT)):
        with pytest.raises(UnreadableAnswers):
            read(document)


def _document(inner: str) -> str:
    return f'<data id="household_screening" version="1">{inner}</data>'


def test_depth_and_strangers_are_not_followed(screening):
    deep = _document("<name>" * 15_000 + "</name>" * 15_000 + "<remark>all <b>well</b></remark>")
    assert answers_of(screening, deep) == {"remark": "all"}
    found = check(screening, deep, at=AT)
    assert [f.path for f in found if f.problem is Problem.UNEXPECTED] == ["/data/name"]
    nested = _document("<contact>" * 5_000 + "</contact>" * 5_000)
    assert answers_of(screening, nested) == {}


def test_an_answer_given_twice_is_told(screening):
    twice = _document("<gas_smell>no</gas_smell><gas_smell>yes</gas_smell>")
    assert answers_of(screening, twice) == {"gas_smell": "no"}
    assert ("unexpected", "/data/gas_smell[2]") in {(f.problem, f.path) for f in check(screening, twice, at=AT)}


def test_a_document_of_strangers_is_told_in_a_hundred_lines(screening):
    strangers = _document("".join(f"<s{n}/>" for n in range(20_000)) + f"<{'x' * 5_000}/>")
    found = check(screening, strangers, at=AT)
    assert len(found) == MAX_FINDINGS
    assert max(len(f.path) for f in found) <= MAX_PATH


def test_a_household_of_a_thousand_is_not_believed(screening):
    rows = "<member><name>x</name></member>"
    assert len(answers_of(screening, _document(rows * MAX_ROWS))["member"]) == MAX_ROWS
    with pytest.raises(UnfitAnswers):
        answers_of(screening, _document(rows * (MAX_ROWS + 1)))
    with pytest.raises(UnfitAnswers):
        answers_of(screening, _document(f"<remark>{'x' * 10_001}</remark>"))


@pytest.mark.parametrize(
    "answers",
    [
        [],
        "text",
        None,
        {"surprise": 1},
        {1: 2},
        {"member": {"name": "x"}},
        {"member": "x"},
        {"member": ["x"]},
        {"member": [{"name": {"first": "x"}}]},
        {"member": [{}] * (MAX_ROWS + 1)},
        {"contact": [1]},
        {"contact": {"contact": {}}},
        {"people_at_home": True},
        {"people_at_home": 1e30},
        {"people_at_home": float("nan")},
        {"people_at_home": [1]},
        {"answered_by": ["member"]},
        {"needs": [1]},
        {"needs": {"food": True}},
        {"position": {"lat": "north"}},
        {"position": [30, 104]},
        {"remark": "x" * 10_001},
    ],
)
def test_answers_that_have_no_place_are_refused_with_their_path(screening, answers):
    with pytest.raises(UnfitAnswers) as refused:
        instance_of(screening, answers, instance_id="x")
    assert refused.value.data["path"].startswith("/data")


def test_signs_that_xml_cannot_carry_lose_nobodys_visit(screening):
    instance = instance_of(screening, {"remark": "a\x00b\x0bc\r\nd\ud800"}, instance_id="x\x01")
    assert answers_of(screening, instance) == {"remark": "abc\nd"}


# Random forms and their answers.

_NAMES = st.sampled_from(["a", "b", "c", "d", "e"])
_CHOICES = [{"list_name": "list", "name": f"c{n}", "label": f"Choice {n}"} for n in range(4)]
_TYPES = ["text", "integer", "decimal", "date", "select_one list", "select_multiple list", "image", "geopoint"]


@st.composite
def _survey(draw: st.DrawFn, depth: int = 0, prefix: str = "q") -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for name in draw(st.lists(_NAMES, min_size=1, max_size=4, unique=True)):
        name = f"{prefix}_{name}"
        section = draw(st.sampled_from(["", "", "group", "repeat"])) if depth < 2 else ""
        if section:
            rows.append(question(f"begin_{section}", name))
            rows += draw(_survey(depth + 1, name))
            rows.append({"type": f"end_{section}", "name": name})
        else:
            rows.append(question(draw(st.sampled_from(_TYPES)), name))
    return rows


_DECIMALS = st.floats(-1e12, 1e12, allow_nan=False).map(lambda number: round(number, 4))
_WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: text == text.strip())


def _values(item: Item) -> st.SearchStrategy[Any]:
    names = st.sampled_from([choice["name"] for choice in _CHOICES])
    return {
        Kind.TEXT: _WORDS,
        Kind.INTEGER: st.integers(-(10**17), 10**17),
        Kind.DECIMAL: _DECIMALS,
        Kind.DATE: st.dates(date(1900, 1, 1)).map(date.isoformat),
        Kind.SELECT_ONE: names,
        Kind.SELECT_MANY: st.lists(names, min_size=1, unique=True),
        Kind.PHOTO: st.just("photo.jpg"),
        Kind.NOTE: st.none(),
        Kind.CALCULATE: st.integers(0, 9),
        Kind.POSITION: st.fixed_dictionaries(
            {
                "lat": st.floats(-90, 90).map(lambda number: round(number, 7)),
                "lon": st.floats(-180, 180).map(lambda number: round(number, 7)),
                "altitude": _DECIMALS,
                "accuracy": _DECIMALS,
            }
        ),
    }[item.kind]


@st.composite
def _answers(draw: st.DrawFn, items: tuple[Item, ...]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for item in items:
        if not draw(st.booleans()):
            continue
        if item.kind is Kind.REPEAT:
            answers[item.name] = [draw(_answers(item.items)) for _row in range(draw(st.integers(1, 3)))]
        elif item.kind is Kind.GROUP:
            if inner := draw(_answers(item.items)):
                answers[item.name] = inner
        else:
            answers[item.name] = draw(_values(item))
    return answers


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_answers_survive_the_way_through_xml(data):
    form = convert(as_csv(data.draw(_survey()), _CHOICES))
    answers = data.draw(_answers(form.structure.items))
    instance = instance_of(form, answers, instance_id="uuid:1")
    assert answers_of(form, instance) == answers
    # And what is right by its type has no findings where the form has no rules.
    assert check(form, instance, at=AT) == []


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def _anything_in(items: tuple[Item, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Of any shape under the form's own names."""

    def anything(item: Item) -> st.SearchStrategy[Any]:
        if item.kind not in SECTIONS:
            return _JSON | _values(item)
        inner = _anything_in(item.items)
        return _JSON | inner if item.kind is Kind.GROUP else _JSON | st.lists(inner, max_size=3)

    return st.fixed_dictionaries({}, optional={item.name: anything(item) for item in items})


@given(st.data())
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
def test_whatever_a_client_sends_is_stored_with_findings_or_refused(screening, data):
    try:
        instance = instance_of(screening, data.draw(_anything_in(screening.structure.items)), instance_id="x")
    except UnfitAnswers:
        return
    assert answers_of(
        screening, instance_of(screening, answers_of(screening, instance), instance_id="x")
    ) == answers_of(screening, instance)
    check(screening, instance, at=AT)


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_json_is_read_as_its_instance_would_be(data):
    """The phone's answers are checked without an instance; what is found, and what is refused where, is the same as with one."""
    form = convert(as_csv(data.draw(_survey()), _CHOICES))
    answers = data.draw(_anything_in(form.structure.items))

    def read(answers: dict[str, Any]) -> tuple[Any, Any]:
        instance = instance_of(form, answers, instance_id="uuid:1")
        return answers_of(form, instance), check(form, instance, at=AT)

    def fitted(answers: dict[str, Any]) -> tuple[Any, Any]:
        return fit(form, answers).answers, check_answers(form, answers, at=AT)

    assert _or_refusal(fitted, answers) == _or_refusal(read, answers)


def _or_refusal(make: Callable[[dict[str, Any]], Any], answers: dict[str, Any]) -> Any:
    try:
        return make(answers)
    except UnfitAnswers as refused:
        return refused.data


# Of every rule that a shipped form has, both sides are drawn: answered or not, possible or not, asked or not.
def _likely(form: Form, items: tuple[Item, ...]) -> st.SearchStrategy[dict[str, Any]]:
    def value(item: Item) -> st.SearchStrategy[Any]:
        if item.kind is Kind.REPEAT:
            return st.lists(_likely(form, item.items), min_size=1, max_size=2)
        if item.kind is Kind.GROUP:
            return _likely(form, item.items)
        if item.choices:
            names = st.sampled_from([choice.name for choice in form.structure.choices[item.choices]])
            return names if item.kind is Kind.SELECT_ONE else st.lists(names, min_size=1, max_size=2, unique=True)
        if item.kind in {Kind.INTEGER, Kind.DECIMAL, Kind.CALCULATE}:
            return st.sampled_from([0, 1, 2, 38, 400])
        if item.kind is Kind.DATE:
            return st.sampled_from(["2026-11-20", "2020-01-01", "2026-12-24"])
        return st.sampled_from(["x", "13800000000", "y" * 300])

    asked = {item.name: value(item) for item in items if item.kind not in {Kind.NOTE, Kind.POSITION, Kind.PHOTO}}
    return st.fixed_dictionaries({}, optional=asked)


@pytest.mark.parametrize("name", SHIPPED)
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_rules_that_cannot_be_broken_are_left_out_and_nothing_else(name, data):
    """What the evaluator finds by the whole form, it finds by the rules that these answers can break."""
    form = convert(shipped(name))
    walked = checking.walk(form, fit(form, data.draw(_likely(form, form.structure.items))).answers)
    whole, few = (
        rxeval.submission_findings(rules, walked.instance, today="20783", now="20783.2")
        for rules in (form.rules, walked.rules)
    )
    assert [(one["kind"], one["path"]) for one in few] == [(one["kind"], one["path"]) for one in whole]


def test_what_nobody_answered_is_not_evaluated(screening):
    few = checking.walk(screening, fit(screening, VISIT | {"member": [HEALTHY]}).answers).rules
    assert few.count("<bind") < screening.rules.count("<bind")
    assert "/data/member/medicine_days_left" not in few
    assert "/data/member/temperature" in few

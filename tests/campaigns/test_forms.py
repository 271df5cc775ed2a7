"""From a workbook to a form, and what a phone is given of it."""

import hashlib
import json

import pytest
from factories.xlsforms import as_csv, as_xlsx, question, sheets, xlsx

from linli.campaigns import forms
from linli.campaigns.forms import SHIPPED, compile_xlsform, shipped

YES_NO = [
    {"list_name": "yes_no", "name": "yes", "label::中文 (zh)": "是", "label::English (en)": "Yes"},
    {"list_name": "yes_no", "name": "no", "label::中文 (zh)": "否", "label::English (en)": "No"},
]
HOUSEHOLD = [
    {"type": "begin_repeat", "name": "member", "label::中文 (zh)": "成员", "label::English (en)": "Member"},
    {
        "type": "text",
        "name": "name",
        "label::中文 (zh)": "称呼",
        "label::English (en)": "Name",
        "hint::中文 (zh)": "小名也行",
        "required": "yes",
    },
    {
        "type": "decimal",
        "name": "temperature",
        "label::中文 (zh)": "${name} 的体温",
        "label::English (en)": "Temperature of ${name}",
        "constraint": ". >= 34 and . <= 43",
        "constraint_message::中文 (zh)": "34 到 43",
        "constraint_message::English (en)": "34 to 43",
    },
    {
        "type": "select_one yes_no",
        "name": "alone",
        "label::中文 (zh)": "独居",
        "label::English (en)": "Alone",
        "relevant": "${temperature} > 37",
        "appearance": "minimal",
    },
    {"type": "end_repeat", "name": "member"},
    {"type": "calculate", "name": "members", "calculation": "count(${member})", "bind::type": "int"},
]
LANGUAGES = {
    "default_language": "中文 (zh)",
    "form_title": "住户",
    "form_title::中文 (zh)": "住户",
    "form_title::English (en)": "Household",
}


@pytest.fixture(scope="module")
def household() -> forms.Form:
    return compile_xlsform(as_xlsx(HOUSEHOLD, YES_NO, **LANGUAGES))


def test_a_form_knows_its_name_languages_and_source():
    workbook = as_xlsx(HOUSEHOLD, YES_NO, **LANGUAGES)
    form = compile_xlsform(workbook)
    assert (form.form_id, form.version) == ("trial", "1")
    assert form.title == {"zh": "住户", "en": "Household"}
    assert form.languages == ("zh", "en")
    assert form.source == hashlib.sha256(workbook).hexdigest()
    assert form.warnings == ("Language 'English (en)' is missing the survey hint column.",)


def test_csv_and_xlsx_compile_to_the_same_form(household):
    assert compile_xlsform(as_csv(HOUSEHOLD, YES_NO, **LANGUAGES)).xml == household.xml


def test_a_form_without_a_version_gets_one_that_changes_with_it():
    tables = sheets([question("text", "a")], version="")
    other = sheets([question("text", "b")], version="")
    first, second, again = (compile_xlsform(xlsx(t)) for t in (tables, other, tables))
    assert len({first.version, second.version}) == 2
    # The same bytes are the same form; a workbook saved again may be another.
    assert again.version == again.source[:12]


def test_a_language_without_a_code_is_called_by_its_name():
    rows = [{"type": "text", "name": "a", "label::Chinese": "甲", "label::English": "A"}]
    form = compile_xlsform(as_csv(rows, default_language="English", **{"Form_Title::Chinese": "表"}))
    assert form.languages == ("English", "Chinese")
    assert form.title == {"English": "trial", "Chinese": "表"}


def test_the_phone_is_told_everything_that_it_draws(household):
    schema = household.schema
    assert schema["id"] == "trial"
    assert schema["title"]["en"] == "Household"
    member, members = schema["items"]
    assert member["kind"] == "repeat"
    assert member["path"] == "/data/member"
    name, temperature, alone = member["items"]
    assert name == {
        "kind": "text",
        "path": "/data/member/name",
        "label": {"zh": "称呼", "en": "Name"},
        "hint": {"zh": "小名也行"},
        "required": "true()",
    }
    assert temperature["constraint_message"] == {"zh": "34 到 43", "en": "34 to 43"}
    assert temperature["label"]["en"] == ["Temperature of ", {"value": "../name"}]
    assert (alone["kind"], alone["choices"], alone["appearance"]) == ("select_one", "yes_no", "minimal")
    assert alone["relevant"] == "../temperature  > 37"
    assert schema["choices"]["yes_no"][1] == {"name": "no", "label": {"zh": "否", "en": "No"}}
    assert (members["kind"], members["type"], members["calculate"]) == ("calculate", "int", "count( /data/member )")
    assert json.loads(json.dumps(schema)) == schema


def test_every_kind_of_question_is_told_apart():
    places = [{"list_name": "place", "name": "home", "label": "Home", "district": "east"}]
    form = compile_xlsform(
        as_csv(
            [
                {"type": "start", "name": "opened"},
                {"type": "begin_group", "name": "visit", "label": "Visit", "appearance": "field-list"},
                question("text", "remark", default="none", read_only="yes", calculation="1"),
                question("integer", "age"),
                question("decimal", "weight"),
                question("date", "day", hint="when"),
                question("select_one place", "place", choice_filter="district = ${remark}"),
                question("select_multiple place", "places"),
                question("note", "thanks"),
                question("image", "photo"),
                question("geopoint", "position"),
                {"type": "end_group", "name": "visit"},
                {"type": "begin_repeat", "name": "row", "label": "Row", "repeat_count": "${age}"},
                question("text", "word"),
                {"type": "end_repeat", "name": "row"},
            ],
            places,
        )
    )
    assert form.languages == ("default",)
    kinds = {item.name: item.kind.value for item in form.structure.walk()}
    assert kinds == {
        "opened": "stamp",
        "visit": "group",
        "remark": "text",
        "age": "integer",
        "weight": "decimal",
        "day": "date",
        "place": "select_one",
        "places": "select_many",
        "thanks": "note",
        "photo": "photo",
        "position": "position",
        "row": "repeat",
        "word": "text",
    }
    items = {item.name: item for item in form.structure.walk()}
    assert items["opened"].stamp == "start"
    assert items["place"].choice_filter == "district =  /data/visit/remark"
    assert form.structure.choices["place"][0].columns == {"district": "east"}
    assert items["visit"].appearance == "field-list"
    assert items["remark"].read_only
    assert items["row"].count == "/data/visit/age"


def test_what_apps_evaluate_differently_is_told_when_the_form_is_compiled():
    form = compile_xlsform(
        as_csv(
            [
                question("text", "code", constraint="regex(., '[0-9]+')"),
                question("text", "month", constraint="decimal-date-time(.) > 3"),
                question("date", "day", constraint="format-date(., '%Y') > 2000"),
            ]
        )
    )
    assert any("unanchored" in warning for warning in form.warnings)
    assert "The server does not check rules with decimal-date-time()." in form.warnings
    assert "The server cannot evaluate a rule of /data/day." in form.warnings


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_forms_are_in_two_languages_and_small(name):
    form = compile_xlsform(shipped(name))
    assert form.form_id == name
    assert form.languages == ("zh", "en")
    # Only advice for other apps: nothing that they evaluate differently, nothing that the server does not check.
    assert all("max-pixels" in warning for warning in form.warnings)
    for item in form.structure.walk():
        assert item.kind in {"calculate"} or set(item.label) == {"zh", "en"}, item.path
        assert not item.constraint or set(item.constraint_message) == {"zh", "en"}, item.path
    size = len(json.dumps(form.schema, ensure_ascii=False, separators=(",", ":")).encode())
    assert size < 20_000


def test_follow_ups_find_the_fields_that_they_read():
    fields = {item.path for item in compile_xlsform(shipped("household_screening")).structure.walk()}
    member = {
        "name",
        "age_band",
        "symptoms",
        "temperature",
        "fever",
        "chronic_medicine",
        "medicine_days_left",
        "lives_alone",
    }
    assert {f"/data/member/{name}" for name in member} <= fields
    assert {"/data/needs", "/data/gas_smell", "/data/fevers"} <= fields


def test_only_shipped_forms_are_shipped():
    with pytest.raises(KeyError):
        shipped("../../../etc/passwd")

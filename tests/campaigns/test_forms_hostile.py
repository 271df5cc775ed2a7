"""Workbooks that are broken, far too large, or meant to harm: each is answered with what to do."""

import io
import zipfile

import pytest
from django.utils import translation
from factories.xlsforms import as_csv, as_xlsx, question, sheets, xlsx

from linli.campaigns.forms import compile_xlsform
from linli.campaigns.forms.compiling import MAX_QUESTIONS
from linli.campaigns.forms.errors import FormFault, FormTooLarge, NotAForm, Place
from linli.campaigns.forms.expressions import MAX_LENGTH
from linli.campaigns.forms.source import MAX_BYTES, MAX_CELL, MAX_UNPACKED

A = question("text", "a")
LIST = [{"list_name": "list", "name": "x", "label": "X"}]


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def fault(data: bytes) -> FormFault:
    with pytest.raises(FormFault) as refused:
        compile_xlsform(data)
    assert str(refused.value)
    return refused.value


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return out.getvalue()


def repacked(book: bytes, change: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as packed:
        return archive({name: change.get(name, packed.read(name)) for name in packed.namelist()} | change)


WORKBOOK = as_xlsx([A])
SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""
OUTSIDE = ENTITIES.replace(b'"aaaaaaaaaa"', b'SYSTEM "file:///etc/passwd"')


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 the old format",
        b"%PDF-1.7 %%EOF",
        b"\x00\x01\x02",
        b'survey\n,"type,name',
        WORKBOOK[: len(WORKBOOK) // 2],
        archive({"hello.txt": b"hello"}),
        repacked(WORKBOOK, {"xl/vbaProject.bin": b"macro"}),
        repacked(WORKBOOK, {SHEET: b"<worksheet"}),
        repacked(WORKBOOK, {SHEET: ENTITIES}),
        repacked(WORKBOOK, {SHEET: OUTSIDE}),
        repacked(WORKBOOK, {"xl/workbook.xml": ENTITIES}),
    ],
)
def test_what_is_no_workbook_is_refused(data):
    with pytest.raises(NotAForm, match=r"xlsx"):
        compile_xlsform(data)


def test_what_is_too_large_is_refused_before_it_is_read():
    with pytest.raises(FormTooLarge):
        compile_xlsform(bytes(MAX_BYTES + 1))
    bomb = repacked(WORKBOOK, {"xl/media/picture.png": bytes(MAX_UNPACKED + 1)})
    assert len(bomb) < MAX_BYTES
    with pytest.raises(FormTooLarge):
        compile_xlsform(bomb)


def test_a_bomb_that_lies_about_its_size_unpacks_to_no_more():
    bomb = repacked(WORKBOOK, {SHEET: b"<worksheet>" + b" " * (MAX_UNPACKED + 1)})
    size = (MAX_UNPACKED + 1 + len(b"<worksheet>")).to_bytes(4, "little")
    with pytest.raises(NotAForm):
        compile_xlsform(bomb.replace(size, (1000).to_bytes(4, "little")))


@pytest.mark.parametrize(
    "data", [b"", b"   \n", b"hello", b"name,label\n1,2\n", as_csv([A]).replace(b"survey", b"surwey")]
)
def test_without_a_survey_sheet_the_answer_names_it(data):
    assert "survey" in str(fault(data))


@pytest.mark.parametrize(
    ("survey", "place"),
    [
        ([question("text", "a b")], Place("survey", 2, "name")),
        ([A, question("text", "b", relevant="${nobody} = 1")], Place("survey", 3, "relevant")),
        ([A, {}, question("text", "a")], Place("survey", 4, "name")),
        ([{"type": "begin_repeat", "name": "r", "label": "r"}], Place("survey", 2)),
        ([{"type": "text", "label": "without a name"}], Place("survey", 2)),
        ([question("video game", "a")], Place("survey", 2, "type")),
        ([question("select_one nothing", "a")], Place()),
    ],
)
def test_what_does_not_compile_is_refused_where_it_stands(survey, place):
    assert fault(as_xlsx(survey)).place == place
    assert fault(as_csv(survey)).place == place


@pytest.mark.parametrize(
    ("settings", "place"),
    [({"form_id": ""}, Place("settings", 2, "form_id")), ({"form_id": "../x"}, Place("settings", 2, "form_id"))],
)
def test_a_form_has_an_id(settings, place):
    assert fault(as_csv([A], **settings)).place == place


def test_answers_go_nowhere_else():
    for settings in ({"submission_url": "https://elsewhere.example/"}, {"public_key": "MIIB"}, {"auto_send": "true"}):
        assert "this server" in str(fault(as_csv([A], **settings)))


def test_nothing_is_brought_in_from_outside():
    other_file = question("select_one_from_file people.csv", "b")
    assert "choices" in str(fault(as_csv([other_file])))
    assert "choices" in str(fault(as_csv([question("text", "b", relevant="pulldata('people', 'a', 'b', 'c') = 1")])))
    for appearance in ("search('people')", "ex:org.example.app(all='1')"):
        assert "appearance" in str(fault(as_csv([question("select_one list", "b", appearance=appearance)], LIST)))
    assert "media" in str(fault(as_csv([{**A, "media::image": "x.png"}])))
    tables = {**sheets([A]), "entities": [["list_name", "label"], ["people", "a"]]}
    assert fault(xlsx(tables)).place == Place("entities")


@pytest.mark.parametrize(
    "collected", ["audit", "background-audio", "deviceid", "phonenumber", "username", "email", "start-geopoint"]
)
def test_nothing_is_collected_about_the_worker(collected):
    assert fault(as_csv([A, {"type": collected, "name": "audit" if collected == "audit" else "watch"}]))


@pytest.mark.parametrize(
    "kind", ["audio", "video", "file", "barcode", "range", "rank list", "acknowledge", "geotrace", "time"]
)
def test_a_question_that_the_phone_cannot_draw_is_named(kind):
    refused = fault(as_csv([A, question(kind, "strange")], LIST))
    assert refused.place == Place(question="strange")
    assert "select_one" in str(refused)


@pytest.mark.parametrize(
    "row",
    [
        question("text", "b", default="concat('a', 'b')"),
        question("select_one list", "b", parameters="randomize=true"),
        {"type": "calculate", "name": "b", "calculation": "1", "trigger": "${a}"},
        {"type": "hidden", "name": "b"},
    ],
)
def test_what_the_phone_does_not_do_is_refused(row):
    assert fault(as_csv([A, row], LIST)).place.question == "b"


def test_formulas_signs_and_long_texts_are_refused_where_they_stand():
    tables = sheets([A])
    tables["survey"][1][2] = '=HYPERLINK("http://x")'
    assert fault(xlsx(tables)).place == Place("survey", 2, "label")
    assert fault(as_csv([{**A, "label": "a\x0bb"}])).place == Place("survey", 2, "label")
    assert fault(as_csv([{**A, "label": "x" * (MAX_CELL + 1)}])).place == Place("survey", 2, "label")
    assert fault(b"survey\n,type,name,name\n,text,a,b\n").place == Place("survey", 1, "name")
    assert fault(xlsx({**sheets([A]), "survey": [["type", "name", *map(str, range(100))]]})).place == Place("survey", 1)


@pytest.mark.parametrize("column", ["other:name", "1st", "a/><b"])
def test_a_column_that_becomes_no_xml_is_answered(column):
    assert fault(as_csv([question("select_one list", "a")], [{**LIST[0], column: "1"}])).place == Place()


def test_a_form_of_5000_questions_is_to_be_split():
    assert "Split" in str(fault(as_csv([question("text", f"q{n}") for n in range(5_000)])))
    assert "split" in str(fault(as_csv([question("text", f"q{n}") for n in range(MAX_QUESTIONS + 1)])))


def test_a_cell_at_the_end_of_the_sheet_is_not_walked_to():
    far = WORKBOOK_XML.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert compile_xlsform(repacked(WORKBOOK, {SHEET: far})).form_id == "trial"


with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as _packed:
    WORKBOOK_XML = _packed.read(SHEET)


def test_groups_are_not_nested_without_end():
    depth = 7
    begin = [question("begin_group", f"g{n}") for n in range(depth)]
    end = [{"type": "end_group", "name": f"g{n}"} for n in reversed(range(depth))]
    assert "nested" in str(fault(as_csv([*begin, A, *end])))


@pytest.mark.parametrize(
    "expression",
    [
        "(" * 500 + "1" + ")" * 500,
        "not(" * 200 + "1" + ")" * 200,
        ". = '" + "x" * MAX_LENGTH + "'",
        "((. > 1",
        "true(",
        ". = 'open",
        "1 + ",
    ],
)
def test_an_expression_that_no_evaluator_should_be_given_is_refused(expression):
    assert fault(as_csv([question("text", "b", constraint=expression[: MAX_CELL - 1])]))


def test_an_expression_that_grows_by_its_references_is_refused():
    long_name = "n" * 60
    sums = " + ".join([f"${{{long_name}}}"] * 25)
    rows = [question("begin_group", "g" * 60), question("integer", long_name), {"type": "end_group", "name": "g" * 60}]
    refused = fault(as_csv([*rows, {"type": "calculate", "name": "total", "calculation": sums}]))
    assert refused.place == Place(question="total")


def test_rules_that_compare_every_row_with_every_other_are_refused():
    rows = [
        question("begin_repeat", "m"),
        question("text", "x", constraint="count(/data/m[. != /data/m]) > 0"),
        {"type": "end_repeat", "name": "m"},
    ]
    assert "too long" in str(fault(as_csv(rows)))


def test_labels_are_text_and_stay_it():
    form = compile_xlsform(as_csv([question("text", "a", label="<b>&amp; ]]> <!ENTITY x>")]))
    assert form.schema["items"][0]["label"] == {"default": "<b>&amp; ]]> <!ENTITY x>"}


# --- all of it at once -----------------------------------------------------------------------------------------------


def places(data: bytes) -> list[tuple[str, int]]:
    return [(one.place.sheet, one.place.row) for one in fault(data).faults]


def test_everything_that_is_wrong_is_told_at_once_with_sheet_and_row() -> None:
    survey = [
        question("txt", "a"),
        question("text", ""),
        question("text", "b c"),
        question("text", "d"),
        question("text", "d"),
        question("select_one nowhere", "e"),
        question("text", "f", relevant="${nobody} = 1", constraint="${d} = 1"),
        question("end_group", ""),
        question("begin_repeat", "g"),
        question("text", "d"),
    ]
    choices = [*LIST, *LIST]
    for data in (as_xlsx(survey, choices), as_csv(survey, choices)):
        assert places(data) == [*(("survey", row) for row in (2, 3, 4, 6, 7, 8, 9, 10)), ("choices", 3)]
        told = str(fault(data))
        assert "“txt”" in told
        assert "“nowhere”" in told
        assert "“nobody”" in told
        assert told.count("\n") == 8


def test_faults_of_cells_are_told_together() -> None:
    tables = {
        "survey": [["type", "name", "label"], ["text", "a", "=1+1"], ["text", "b", "x" * (MAX_CELL + 1)]],
        "settings": [["form_id"], ["trial"]],
    }
    assert places(xlsx(tables)) == [("survey", 2), ("survey", 3)]


def test_mending_what_was_told_leads_to_a_form() -> None:
    """Each fault alone is told where it stands, and nothing else is said to be wrong with the rest."""
    good = [question("text", "a"), question("select_one list", "b"), question("text", "c", relevant="${a} = 'x'")]
    assert compile_xlsform(as_xlsx(good, LIST)).form_id == "trial"
    for row, broken in enumerate(
        ({"type": "txt"}, {"type": "select_one lists"}, {"relevant": "${z} = 'x'"}), start=0
    ):  # fmt: skip
        bad = [one | broken if at == row else one for at, one in enumerate(good)]
        assert len(fault(as_xlsx(bad, LIST)).faults) == 1

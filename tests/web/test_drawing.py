"""What is written in Python says the same as the templates whose place it takes."""

import re
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.forms.renderers import Jinja2
from django.template import engines
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from linli.foundation import clock
from linli.foundation.markup import asked, badge, icon, spoken, written

CHOICES = [
    ("", "All"),
    ("a'b<", 'x & "y"'),
    ("W", [("w1", "水碾河"), ("w2", mark_safe("<b>双桥子</b>"))]),
    (7, "seven"),
    (None, "none"),
]


class Choosing(forms.Form):
    one = forms.ChoiceField(choices=CHOICES, required=False)
    several = forms.MultipleChoiceField(choices=CHOICES)
    typed = forms.TypedChoiceField(choices=[(1, "one"), (2, "two")], coerce=int, initial=2)
    maybe = forms.NullBooleanField()
    told = forms.ChoiceField(
        choices=CHOICES, widget=forms.Select(attrs={"data-x": 'a"b', "disabled": True, "hidden": False})
    )


class Asking(forms.Form):
    text = forms.CharField(label="<Text>", help_text=mark_safe("<b>hint</b>"), max_length=9)
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    number = forms.IntegerField(min_value=1, required=False)
    agreed = forms.BooleanField(help_text="a & b", required=False)
    file = forms.FileField(required=False)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)
    way = forms.ChoiceField(choices=[("a", "A"), ("b", "<B>")], widget=forms.RadioSelect, help_text="one")


def same(html: str) -> str:
    """Without what no browser tells apart."""
    for shown, written_so in (("&#39;", "&#x27;"), ("&#34;", "&quot;")):
        html = html.replace(shown, written_so)
    return re.sub(r">\s+<", "><", html)


def test_a_list_of_choices_is_drawn_as_django_draws_it() -> None:
    for data in (None, {"one": "a'b<", "several": ["7", "w2"], "typed": "1", "maybe": "true", "told": "w1"}):
        ours, djangos = Choosing(data), Choosing(data, renderer=Jinja2())
        for name in ours.fields:
            assert same(str(ours[name])) == same(str(djangos[name]))
    assert 'value="7" selected' in str(Choosing(data)["several"])


def test_plain_fields_are_drawn_as_django_draws_them() -> None:
    typed = {"text": 'a"<b>', "note": "\n<i>&", "number": "0", "agreed": "on", "hidden": "7'", "way": "b"}
    for data in (None, {}, typed):
        ours, djangos = Asking(data), Asking(data, renderer=Jinja2())
        for name in ours.fields:
            assert same(str(ours[name])) == same(str(djangos[name]))
    assert 'value="a&#34;&lt;b&gt;"' in str(Asking(typed)["text"])


@translation.override("en")
def test_a_field_has_label_hint_and_errors() -> None:
    def shown(form: forms.Form, name: str) -> str:
        return render_to_string("web/components/field.html", {"field": form[name]}).strip()

    form = Asking({})
    hint = '<p class="hint" id="id_text_helptext"><b>hint</b></p>'
    label = '<label for="id_text">&lt;Text&gt;</label>'
    assert shown(form, "text") == f'<div class="field">{label}{hint}{form["text"]}{form["text"].errors}</div>'
    assert 'aria-describedby="id_text_helptext id_text_error"' in shown(form, "text")
    assert '<label for="id_number">Number <span class="optional">(optional)</span></label><input' in shown(
        form, "number"
    )
    said = '<span>Agreed<br><span class="hint" id="id_agreed_helptext">a &amp; b</span></span>'
    assert (
        shown(form, "agreed") == f'<div class="check-field"><label class="check">{form["agreed"]}{said}</label></div>'
    )
    assert shown(form, "hidden") == str(form["hidden"])
    ways = shown(form, "way")
    assert ways.startswith(
        '<fieldset class="field" aria-describedby="id_way_helptext id_way_error"><legend>Way</legend><p'
    )
    assert ways.count('<label class="choice"><input type="radio"') == 2
    assert "<span>&lt;B&gt;</span>" in ways
    assert ways.endswith(f"{form['way'].errors}</fieldset>")


@translation.override("en")
def test_a_timeline_tells_each_day_by_itself() -> None:
    step = SimpleNamespace(what="<Sent>", who="Desk", at=datetime(2026, 3, 2, 1, 30, tzinfo=UTC), why="a & b")
    photo = {"thumb": "/p?small", "href": "/p", "alt": 'the "place"'}
    earlier = {"what": "Seen", "at": datetime(2026, 3, 1, 1, 0, tzinfo=UTC), "photos": [photo], "tone": "bad"}
    with clock.at(datetime(2026, 3, 2, 4, 0, tzinfo=UTC)):
        html = render_to_string(
            "web/components/timeline.html", {"entries": [step, earlier, {"what": "Begun", "who": "x"}]}
        )
    when = '<p class="soft small"><time datetime="2026-03-02T09:30:00+08:00">09:30</time> · Desk</p>'
    sent = f'<li class=""><p class="what">&lt;Sent&gt;</p>{when}<p class="why">a &amp; b</p></li>'
    assert f'<li class="timeline-day"><p class="timeline-date">today</p><ol>{sent}</ol></li>' in html
    drawn = '<a href="/p"><img src="/p?small" alt="the &quot;place&quot;" loading="lazy" width="96" height="72"></a>'
    assert f'<p class="thumbs">{drawn}</p></li></ol></li>' in html
    assert '<p class="timeline-date">yesterday</p><ol><li class="bad"><p class="what">Seen</p>' in html
    begun = '<li class=""><p class="what">Begun</p><p class="soft small">x</p></li>'
    assert html.strip().endswith(f'<li class="timeline-day"><ol>{begun}</ol></li></ol>')


def test_the_cells_of_a_list() -> None:
    told = {
        "title": "a<b",
        "note": "n&m",
        "meta": "later",
        "icon": "people",
        "badge": "open",
        "tone": "bad",
        "href": "/x?a=1&b",
    }
    html = render_to_string("web/components/list.html", {"items": [told, {"title": "bare"}], "label": "Lists"})
    assert '<ul class="cells" aria-label="Lists">' in html
    assert '<a class="cell" href="/x?a=1&amp;b">' in html
    assert (
        '<span class="cell-title">a&lt;b</span><br><span class="cell-note">n&amp;m</span><br><span class="cell-note">later</span>'
        in html
    )
    assert icon("people") in html
    assert badge("open", "bad") in html
    assert html.count("<li>") == 2
    assert (
        '<li><div class="cell"><span class="cell-main"><span class="cell-title">bare</span></span> </div></li>' in html
    )


def test_lines_of_a_cell_are_one_thing_beside_its_label() -> None:
    template = engines["django"].from_string("{% load linli %}{% table_rows rows columns %}")
    drawn = template.render({"rows": [[{"lines": ["one", "<two>"]}]], "columns": ["Why"]})
    assert drawn == '<tr><td data-label="Why"><div><div>one</div><div>&lt;two&gt;</div></div></td></tr>'


def test_what_is_steady_is_drawn_once_for_each_choice_of_its_values() -> None:
    line = (
        "{% load linli %}{% steady language size %}{% for one in drawn %}{{ one }}{{ size }}{% endfor %}{% endsteady %}"
    )
    template, drawn = engines["django"].from_string(line), iter("abcdef")

    def said(language: str, **values: str) -> str:
        return str(template.render({"language": language, "drawn": islice(drawn, 1), **values}))

    assert [said("zh", size="1"), said("en", size="1"), said("zh", size="2"), said("zh")] == ["a1", "b1", "c2", "d"]
    assert [said("en", size="1"), said("zh"), said("zh", size="1")] == ["b1", "d", "a1"]
    assert next(drawn) == "e"


def test_nothing_of_one_reader_stands_in_what_is_steady() -> None:
    """It is shown to everybody."""
    kept = {
        path: re.findall(r"{% steady.*?{% endsteady %}", path.read_text(), re.DOTALL)
        for path in Path(settings.ROOT).rglob("templates/**/*.html")
    }
    tags = re.findall(
        r"{[{%] (?!static|translate).*?[}%]}", "".join(block for those in kept.values() for block in those)
    )
    assert len(tags) > 20
    for tag in tags:
        assert not re.search(r"csrf|request|actor|messages|notice }|shell|once|token|roles|surfaces|tour", tag), tag


def test_the_page_that_is_drawn_first_leaves_no_word_of_it_on_all_others() -> None:
    """What a page calls its title is no heading of what every page says: the first one of a process would name it for everybody."""
    frame = (Path(settings.ROOT) / "web/templates/web/base.html").read_text()
    blocks = re.findall(r"{% steady.*?{% endsteady %}", frame, re.DOTALL)
    assert blocks
    for block in blocks:
        template = engines["django"].from_string("{% load i18n linli static %}" + block)
        page = dict.fromkeys(("title", "intro", "href", "action"), "停水通知")
        assert "停水通知" not in template.render({"language": "zh-hans", **page}), block


def test_pieces_of_one_shape_are_escaped_once() -> None:
    html = written('<i title="{same}">{each}</i>', {"same": '"&'}, [{"each": "<x>"}, {"each": mark_safe("<b>y</b>")}])
    assert html == '<i title="&quot;&amp;">&lt;x&gt;</i><i title="&quot;&amp;"><b>y</b></i>'


@given(st.dictionaries(st.text("abc_", min_size=1), st.text() | st.integers() | st.uuids() | st.dates()))
def test_an_address_asks_as_urllib_writes_it(values: dict[str, object]) -> None:
    assert asked(**values) == urlencode(values)


def test_chinese_on_an_english_page_says_that_it_is_chinese() -> None:
    with translation.override("en"):
        assert (
            spoken("Sent: 路灯不亮，晚上很黑 & more")
            == 'Sent: <span lang="zh-Hans">路灯不亮，晚上很黑</span> &amp; more'
        )
        assert spoken("<b>灯") == '&lt;b&gt;<span lang="zh-Hans">灯</span>'
        assert spoken("A lamp") == "A lamp"
        # An attribute of what is HTML already may be in Chinese too.
        assert spoken(mark_safe('<a title="灯">灯</a>')) == '<a title="灯">灯</a>'
    with translation.override("zh-hans"):
        assert spoken("路灯 & more") == "路灯 &amp; more"

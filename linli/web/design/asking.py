"""Components that ask for something."""

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.web.design.component import Component, State, line


class _Sample(forms.Form):
    description = forms.CharField(label=_("What is wrong?"), widget=forms.Textarea(attrs={"rows": 2}))
    place = forms.CharField(label=_("Where"), required=False, help_text=_("A gate, a building, a street."))
    anonymous = forms.BooleanField(label=_("Without my name"), required=False)


class _Narrow(forms.Form):
    text = forms.CharField(label=_("Words"), required=False)
    state = forms.ChoiceField(label=_("State"), required=False, choices=[("", _("All")), ("filed", _("Filed"))])


def asking() -> tuple[Component, ...]:
    asked = _Sample(initial={"description": _("Overflowing bins at the north gate")})
    refused = _Sample({"description": ""}, auto_id="refused_%s")
    return (
        Component(
            "button.html",
            _("Button"),
            (
                State(
                    _("Main action, one on a page"),
                    line("button.html", "label=label kind='primary' href='#button'"),
                    {"label": _("Report")},
                ),
                State(
                    _("Beside it"), line("button.html", "label=label href='#button'"), {"label": _("Keep for later")}
                ),
                State(
                    _("Takes something away"),
                    line("button.html", "label=label kind='danger' href='#button'"),
                    {"label": _("Decline")},
                ),
            ),
            small=True,
        ),
        Component(
            "field.html",
            _("Field"),
            (
                State(_("Filled"), line("field.html", "field=form.description"), {"form": asked}),
                State(_("May stay empty, with a hint"), line("field.html", "field=form.place"), {"form": asked}),
                State(_("Refused"), line("field.html", "field=form.description"), {"form": refused}),
                State(_("A choice"), line("field.html", "field=form.anonymous"), {"form": asked}),
            ),
        ),
        Component(
            "filters.html",
            _("Filter bar"),
            (
                State(
                    _("Shown at once where script runs"),
                    line("filters.html", "form=form target='filters'"),
                    {"form": _Narrow()},
                ),
            ),
        ),
        Component(
            "look_choices.html",
            _("Choice of the look"),
            (State(_("This page in another look"), line("look_choices.html", "at='/design/' sun='yes' kind='card'")),),
        ),
        Component(
            "sheet.html",
            _("Sheet"),
            (
                State(
                    _("Opens above the page"),
                    line(
                        "sheet.html",
                        "id='sheet-sample' title=title opens=opens body='web/components/field.html' field=form.place",
                    ),
                    {
                        "title": _("Decline this case?"),
                        "opens": _("Open the sheet"),
                        "form": _Sample(auto_id="sheet_%s"),
                    },
                ),
            ),
        ),
    )

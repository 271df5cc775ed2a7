"""Forms of this room's pages."""

from typing import Any, Self
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from linli.foundation.access import ROLE_LABELS, Actor
from linli.foundation.suggesting import Suggested, typed_code
from linli.people import queries
from linli.people.models import Language
from linli.territory.forms import UnitField


def _input(kind: str, **attributes: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"type": kind, "autocapitalize": "none", "spellcheck": "false", **attributes})


class PostFilter(forms.Form):
    role = forms.ChoiceField(label=_("Role"), required=False)
    q = forms.CharField(label=_("Name, unit or body"), required=False, max_length=100, widget=forms.SearchInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [("", _("All")), *((role.value, name) for role, name in ROLE_LABELS.items())]  # type: ignore[attr-defined]


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=40,
        widget=_input("tel", autocomplete="tel", inputmode="tel", autofocus=True),
        help_text=_("We send you a code. Your first sign-in makes your account."),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the message"),
        max_length=40,
        widget=_input("text", autocomplete="one-time-code", inputmode="numeric", pattern="[0-9 ]*", autofocus=True),
        help_text=_("Six digits, valid for five minutes."),
    )


class StaffForm(forms.Form):
    username = forms.CharField(
        label=_("User name"), max_length=64, widget=_input("text", autocomplete="username", autofocus=True)
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class TotpForm(forms.Form):
    code = forms.CharField(
        label=_("Code of your authenticator"),
        max_length=40,
        widget=_input("text", autocomplete="one-time-code", autofocus=True),
        help_text=_("Six digits; or one of your recovery codes."),
    )


class EnrolForm(forms.Form):
    code = forms.CharField(
        label=_("Code that the authenticator shows now"),
        max_length=40,
        widget=_input("text", autocomplete="one-time-code", inputmode="numeric", autofocus=True),
    )


class PreferencesForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        widget=_input("text", autocomplete="name"),
        help_text=_("How we address you. Other residents never see it."),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=Language.choices, help_text=_("Of the pages, and of what is sent to your phone.")
    )


class PasswordForm(forms.Form):
    old = forms.CharField(
        label=_("Present password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = forms.CharField(
        label=_("New password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters; several words are good."),
    )


class DeleteForm(forms.Form):
    sure = forms.BooleanField(label=_("Yes, delete my personal data. I know that this cannot be undone."))


def _day(**attributes: Any) -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", **attributes}, format="%Y-%m-%d")


class ColleagueField(forms.CharField):
    """Cleans to a user name: of the option chosen, of the user name typed, or of the one colleague that fits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=200, widget=Suggested("/people/names/"), **kwargs)
        self.searched_by: Actor | None = None

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        found = queries.search_staff(self.searched_by, text) if self.searched_by and text == typed_code(text) else []
        exact = [one for one in found if text in {one.name, one.username}]
        if len(exact or found) == 1:
            return (exact or found)[0].username
        if found:
            names = ", ".join(one.label for one in found)
            raise ValidationError(gettext("Several colleagues fit: %(names)s. Choose one.") % {"names": names})
        # Whether there is such an account the action says; an account without a post is found by its user name alone.
        return typed_code(text)


class AppointForm(forms.Form):
    """`bodies` are the choices: those in which the actor edits posts. Whether they do in the unit, the action says."""

    username = ColleagueField(label=_("Colleague"), help_text=_("Name, organisation or user name."))
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    unit = UnitField(label=_("Unit"), help_text=_("Name or code, down to the quarter."))
    body = forms.TypedChoiceField(
        label=_("Body"), coerce=UUID, required=False, empty_value=None, help_text=_("Handlers need one.")
    )
    first_day = forms.DateField(label=_("First day"), required=False, widget=_day(), help_text=_("Empty: from now on."))
    last_day = forms.DateField(label=_("Last day"), required=False, widget=_day(), help_text=_("Empty: until ended."))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, by: Actor, bodies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].searched_by = by  # type: ignore[attr-defined]
        self.fields["body"].choices = [("", _("None")), *bodies]  # type: ignore[attr-defined]


class ImportForm(forms.Form):
    file = forms.FileField(label=_("Table file"), help_text=_("CSV (UTF-8 or GBK) or XLSX, with a heading row."))


class _OfPost(forms.Form):
    """Several stand on a post's page: the ids of their fields tell them apart."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{type(self).__name__}_%s")

    def searched_by(self, actor: Actor) -> Self:
        self.fields["username"].searched_by = actor  # type: ignore[attr-defined]
        return self


class DelegateForm(_OfPost):
    username = ColleagueField(label=_("Colleague"), help_text=_("Name, organisation or user name."))
    first_day = forms.DateField(label=_("First day"), required=False, widget=_day(), help_text=_("Empty: from now on."))
    last_day = forms.DateField(label=_("Last day"), widget=_day())
    notifications = forms.BooleanField(
        label=_("The colleague gets the post's messages too"), required=False, initial=True
    )
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class EndForm(_OfPost):
    last_day = forms.DateField(label=_("Last day"), required=False, widget=_day(), help_text=_("Empty: it ends now."))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


def _first_password() -> forms.CharField:
    return forms.CharField(
        label=_("First password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least ten characters; several words are good."),
    )


class ResetForm(_OfPost):
    password = _first_password()


class PhoneOfHolderForm(_OfPost):
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=40,
        required=False,
        widget=_input("tel", autocomplete="off"),
        help_text=_("For messages. It signs nobody in. Left empty, no text goes out any more."),
    )


class CloseForm(_OfPost):
    sure = forms.BooleanField(label=_("Yes, close this account. Nobody signs in with it any more."))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)


class NewStaffForm(forms.Form):
    username = forms.CharField(label=_("User name"), max_length=64, widget=_input("text", autocomplete="off"))
    name = forms.CharField(label=_("Name"), max_length=100, widget=_input("text", autocomplete="off"))
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=40,
        required=False,
        widget=_input("tel", autocomplete="off"),
        help_text=_("For messages. It signs nobody in."),
    )
    password = _first_password()

"""Forms of this room's pages."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.foundation.access import ROLE_LABELS
from linli.people.models import Language


def _input(kind: str, **attributes: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"type": kind, "autocapitalize": "none", "spellcheck": "false", **attributes})


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
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)


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


class AppointForm(forms.Form):
    """`units` and `bodies` are the choices: those in which the actor edits posts."""

    username = forms.CharField(label=_("User name"), max_length=64, widget=_input("text", autocomplete="off"))
    role = forms.ChoiceField(label=_("Role"), choices=[(role.value, label) for role, label in ROLE_LABELS.items()])
    unit = forms.TypedChoiceField(label=_("Unit"), coerce=UUID)
    body = forms.TypedChoiceField(
        label=_("Body"), coerce=UUID, required=False, empty_value=None, help_text=_("Handlers need one.")
    )
    first_day = forms.DateField(label=_("First day"), required=False, widget=_day(), help_text=_("Empty: from now on."))
    last_day = forms.DateField(label=_("Last day"), required=False, widget=_day(), help_text=_("Empty: until ended."))
    reason = forms.CharField(label=_("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, units: list[tuple[str, str]], bodies: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].choices = units  # type: ignore[attr-defined]
        self.fields["body"].choices = [("", _("None")), *bodies]  # type: ignore[attr-defined]


class _OfPost(forms.Form):
    """Several stand on a post's page: the ids of their fields tell them apart."""

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id=f"{type(self).__name__}_%s")


class DelegateForm(_OfPost):
    username = forms.CharField(
        label=_("User name of the colleague"), max_length=64, widget=_input("text", autocomplete="off")
    )
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

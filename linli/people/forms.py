"""Forms of the sign-in and my-data pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from linli.people.models import Language, NotifyBy


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
        widget=_input("text", autocomplete="one-time-code", inputmode="numeric", autofocus=True),
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
    notify_by = forms.ChoiceField(label=_("How we tell you"), choices=NotifyBy.choices)


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

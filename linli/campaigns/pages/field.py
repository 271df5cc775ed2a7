"""The doors of one's teams, on the phone: an empty page, whose script draws what lies encrypted on the phone (docs/field.md)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as _p
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from linli.campaigns.models import Aside
from linli.campaigns.queries.silent import silent_members
from linli.cases.pages.who import actor_with

# What the script says (web/islands/src/doors*.ts), by the name that it has there.
WORDS: dict[str, str | Promise] = {
    # Said shorter than at the desk: they stand on tiles.
    "outcome_done": _p("doors", "Done"),
    "outcome_refused": _p("doors", "Refused"),
    "outcome_moved": _p("doors", "Moved"),
    "outcome_nobody_home": _p("doors", "Nobody home"),
    "outcome_other_language": _p("doors", "Other language"),
    "outcome_unsafe": _p("doors", "Unsafe"),
    **{f"aside_{reason.value}": reason.label for reason in Aside if reason},
    "aside_unreadable": _("The server could not read it"),
    # teams
    "doors": _("Doors"),
    "no_teams": _("No doors for you now"),
    "no_teams_about": _("Whoever is in a team of joint control finds its doors here, and takes them along for where there is no network."),
    "no_network": _("No network"),
    "no_network_about": _("No doors were taken along. Come back here where there is a network."),
    "until": _("until {time}"),
    "take": _("Take along"),
    "taking": _("Taking the doors along …"),
    "open": _("Open"),
    "teams": _("My teams"),
    "not_taken": _("The doors could not be taken along. Try again where the network is better."),
    "insecure": _("This browser cannot encrypt what it keeps. Open this page by https, in a current browser."),
    # the PIN
    "pin": _("PIN"),
    "pin_again": _("PIN, once more"),
    "pin_choose": _("Choose a PIN"),
    "pin_about": _(
        "6 to 12 digits. What you take along is encrypted under it. Nobody can bring it back: "
        "after ten wrong ones everything is removed from this phone."
    ),
    "pin_form": _("A PIN has 6 to 12 digits."),
    "pin_differs": _("The two are not the same."),
    "pin_unlock": _("Unlock your doors"),
    "pin_wrong": _("Wrong PIN. {count} tries left."),
    "pin_wiped": _("Ten wrong PINs: the doors and what was not sent were removed from this phone."),
    "unlock": _("Unlock"),
    "lock": _("Lock"),
    # the walk
    "done": _p("doors", "Done"),
    "left": _p("doors", "Left"),
    "repeat": _p("doors", "To repeat"),
    "entrance": _("Stairwell {number}"),
    "attempts": _("{count} visits"),
    "desks": _("the desk's now"),
    "desks_about": _("Visited in vain {count} times: the desk sees to this door now. No time to come again is asked."),
    "back": _("Back"),
    "found": _("A household that no list has"),
    "found_about": _("How it is called there, such as 3-1 behind the stairs"),
    "found_add": _("Add"),
    "way": _("Way there"),
    "outcome": _("What came of it?"),
    "note": _("Note"),
    "photo": _("Take a photo"),
    "photo_number": _("Photo {number}"),
    "photo_drop": _("Remove {name}"),
    "photo_large": _("This photo is larger than 20 MB. Take it once more, in the camera's usual size."),
    "photo_taken": _("Taken."),
    "photo_refused": _("A photo was not accepted; its visit was"),
    "next": _("When to come again?"),
    "next_evening": _("This evening"),
    "next_morning": _("Tomorrow morning"),
    "next_tomorrow_evening": _("Tomorrow evening"),
    "next_open": _("Not agreed"),
    "earlier": _("Earlier"),
    "undo": _("Undo"),
    "undone": _("Taken back."),
    "too_late": _("It has become a visit already. Make another if it was wrong: both are kept."),
    "noted": _("{door}: {outcome}"),
    "with_colleague": _("with a colleague"),
    "for_you": _("handed to you"),
    # sending
    "unsent": _("{count} not sent yet, oldest since {time}"),
    "all_sent": _("Everything is sent"),
    "send_now": _("Send now"),
    "position_on": _("Send my position with visits"),
    "refresh": _("Fetch the newest state"),
    "refresh_first": _("Some visits are not sent yet. They go first."),
    "refreshed": _("Newest state, {time}"),
    "aside": _("{count} set aside"),
    "aside_title": _("Set aside"),
    "aside_about": _("The server keeps these, but they do not count. The desk sees them too."),
    "stopped_session": _("You are no longer signed in. Nothing is lost: sign in, and it is sent."),
    "stopped_removed": _("The server takes no visits from you for this team. Ask your team's lead."),
    "stopped_destroyed": _("Joint control is over and its data were destroyed. What lies on this phone goes at the end that was declared."),
    "over": _("{name}: you are no longer in the team, or it is over. Its doors were removed from this phone."),
    "gone_why": _("{name}: {why} Its doors were removed from this phone."),
    "door_gone": _(
        "This door is not among yours any more: it was given to another team, or its building was closed. "
        "Your visits there are kept."
    ),
    "ended": _("{name}: joint control has ended. Its doors were removed from this phone."),
    "gone": _("The doors were removed from this phone."),
    "other_person": _("The doors of somebody else lie on this phone"),
    "other_person_about": _(
        "They are encrypted, and {count} visits in them are not sent yet. They are sent when their owner signs in here."
    ),
    "wipe": _("Remove them"),
    "wipe_sure": _("Remove the doors from this phone? {count} visits that are not sent yet are lost."),
    "leaving": _("{count} visits are not sent yet"),
    "leaving_about": _("Signing out removes them from this phone for good. Go where there is a network, and send them first."),
    "leave": _("Sign out all the same"),
    "stay": _("Stay"),
    "sign_in": _("Sign in"),
    # the form
    "save": _("Save"),
    "add_row": _("Add: {name}"),
    "remove_row": _("Remove"),
    "row": _("{name} {number}"),
    "required": _("An answer is needed here."),
    "constraint": _("This answer is not possible here."),
    "form_wrong": _("{count} answers are missing or not possible."),
    "position": _("Read the position"),
    "no_position": _("Your position could not be read."),
    "form_failed": _("The form could not be opened. Note the visit without it, and tell your team's lead."),
    # from phone to phone
    "hand": _("Hand doors over"),
    "hand_about": _("Choose up to 20 doors; your colleague scans the code. No network is needed."),
    "hand_show": _("Show the code"),
    "hand_mark": _("My colleague has them"),
    "hand_code": _("Code for {count} doors"),
    "scan": _("Take doors over"),
    "scan_about": _("Point the camera at your colleague's code."),
    "scan_none": _("The camera could not be opened. Allow it in the phone's settings."),
    "scan_other": _("This code belongs to another campaign, or is none of ours."),
    "scan_done": _("{count} doors taken over."),
    "scan_not_team": _("{count} are another team's: your visits to them count for it, and its lead sees who came."),
}  # fmt: skip


@require_safe
def doors(request: HttpRequest) -> HttpResponse:
    """For everybody who is signed in: a volunteer needs no post. It names nobody's doors, and can be kept for use without network."""
    actor_with(request)
    return render(request, "campaigns/doors.html", {"words": WORDS})


@require_safe
@never_cache
def silent(request: HttpRequest) -> HttpResponse:
    """Whose phone was not heard of, for who leads their team: fetched into the page of doors, which is kept and names nobody."""
    return render(request, "campaigns/_silent.html", {"members": silent_members(actor_with(request))})

"""The surfaces of Linli, named once: the navigation shows those of the person, the first page shows all.

A page says which kind of shell it stands in (`{% block surface %}`): `resident` and `field` have tabs, `desk` a side bar
with the surfaces of the person's roles, `plain` neither.
"""

from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.foundation.access import Actor, ActorKind, Role


@dataclass(frozen=True, slots=True)
class Surface:
    """A page that somebody works on. Without `roles` it is for everyone; `residents` signed in by phone."""

    path: str
    label: str | Promise
    about: str | Promise
    roles: frozenset[Role] = frozenset()
    residents: bool = False
    in_header: bool = True
    icon: str = "list"

    def serves(self, actor: Actor | None) -> bool:
        """Whether the header of this actor's pages leads here."""
        if actor is None or not (self.roles or self.residents):
            return not self.roles and not self.residents
        if self.residents and actor.kind is ActorKind.PERSON and not actor.grants:
            return True
        return bool(self.roles & actor.roles())


_OFFICE = frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER, Role.ADMIN, Role.AUDITOR})

SURFACES: tuple[Surface, ...] = (
    Surface(
        "/report/", _("Report"), _("Tell us what is wrong: words, a photo, a place. No sign-in needed."), icon="pen"
    ),
    Surface(
        "/my/", _("My cases"), _("What became of your reports, and what happens next."), residents=True, icon="list"
    ),
    Surface(
        "/desk/",
        _("Case desk"),
        _("Every case of your unit: file, decline, merge, dispatch, follow."),
        _OFFICE,
        icon="desk",
    ),
    Surface(
        "/dispatch/",
        _("Dispatching"),
        _("Who should go where: proposed with the reason, sent by you; people gathered for an emergency."),
        frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER, Role.ADMIN}),
        icon="route",
    ),
    Surface(
        "/control/",
        _("Joint control"),
        _("An emergency's mode: declared with its law and its end, every household visited, the data destroyed."),
        _OFFICE,
        icon="shield",
    ),
    Surface(
        "/field/",
        _("Inbox"),
        _("Tasks of the handler and the grid worker: accept, do, show the proof."),
        frozenset({Role.GRID_WORKER, Role.HANDLER}),
        icon="inbox",
    ),
    Surface(
        "/verify/",
        _("Verify"),
        _("Look at the result with other eyes than the handler's; pass it or send it back."),
        frozenset({Role.VERIFIER}),
        icon="check",
    ),
    Surface(
        "/hotline/",
        _("Hotline"),
        _("A call to 12345 becomes the same case, with the caller's history beside it."),
        frozenset({Role.HOTLINE_CLERK}),
        icon="phone",
    ),
    Surface(
        "/map/",
        _("Smart map"),
        _("What is open and where, live: from the city down to the building, and how any past day went."),
        _OFFICE,
        icon="map",
    ),
    Surface(
        "/cameras/",
        _("Cameras"),
        _("Which there are, whose and what for. Whoever looks says why, and that is kept."),
        _OFFICE,
        icon="camera",
    ),
    Surface(
        "/sensors/",
        _("Sensors"),
        _("What devices measure in your units, and which are beyond their limits or silent."),
        _OFFICE,
        icon="sensor",
    ),
    Surface(
        "/figures/",
        _("Figures"),
        _("What is open in your unit, how much of it is late, how old it is, and where."),
        _OFFICE,
        icon="chart",
    ),
    Surface(
        "/screen/",
        _("Command screen"),
        _("One unit for the wall: figures that renew themselves, each with its cases; the weekly report."),
        _OFFICE,
        icon="screen",
    ),
    Surface(
        "/rates/",
        _("Rates"),
        _("Response, solution and satisfaction rate of each body."),
        frozenset({Role.LEADER, Role.ADMIN, Role.AUDITOR}),
        icon="percent",
    ),
    Surface(
        "/compare/",
        _("Decisions"),
        _("Units compared fairly, before and after of an intervention, and where the next staff hour helps most."),
        _OFFICE,
        icon="scales",
    ),
    Surface(
        "/warnings/",
        _("Warnings"),
        _("What looks unusual in your units: clusters, surges, silence, work about to be overdue."),
        _OFFICE,
        icon="warn",
    ),
    Surface(
        "/announce/",
        _("Notices"),
        _("Tell the people of an area what concerns them; see first how many it reaches."),
        frozenset({Role.DESK, Role.LEADER, Role.ADMIN}),
        icon="megaphone",
    ),
    Surface(
        "/duties/", _("Duties"), _("Who is responsible for what, where, and by which clause."), _OFFICE, icon="book"
    ),
    Surface(
        "/territory/",
        _("Territory"),
        _("From the city down to the building, with dated boundaries."),
        _OFFICE,
        icon="area",
    ),
    Surface(
        "/people/",
        _("Posts"),
        _("Who holds which post, and who stands in for whom."),
        frozenset({Role.ADMIN}),
        icon="badge",
    ),
    Surface(
        "/work/",
        _("Long work"),
        _("Imports and their dry runs: how far they are, and what came of them."),
        frozenset({Role.ADMIN}),
        icon="clock",
    ),
    Surface(
        "/audit/",
        _("Audit"),
        _("The chained timeline: proof that nothing was changed behind its back."),
        frozenset({Role.AUDITOR}),
        icon="lock",
    ),
    Surface(
        "/api/v1/docs",
        _("API"),
        _("Every page's data and action for other systems, with OpenAPI."),
        in_header=False,
        icon="code",
    ),
    Surface(
        "/open311/v2/discovery.json",
        "Open311",
        _("GeoReport v2: services, requests, tokens, in JSON and XML."),
        in_header=False,
        icon="code",
    ),
    Surface(
        "/design/",
        _("Design"),
        _("Every component in its states, light and dark, as a living page."),
        in_header=False,
        icon="pen",
    ),
)


def header_of(actor: Actor | None) -> list[Surface]:
    return [surface for surface in SURFACES if surface.in_header and surface.serves(actor)]


@dataclass(frozen=True, slots=True)
class Tab:
    path: str
    label: str | Promise
    icon: str
    # What a tour finds behind it, from pages that do not show it themselves.
    tour: str = ""


TABS: dict[str, tuple[Tab, ...]] = {
    "resident": (
        Tab("/home/", _("e-Home"), "home", "report around"),
        Tab("/safety/", _("e-Safety"), "shield"),
        Tab("/service/", _("e-Service"), "service"),
        Tab("/my/", _("Mine"), "person", "pending"),
    ),
    "field": (
        Tab("/field/", _("Inbox"), "inbox", "inbox task photos more state"),
        Tab("/field/map/", _("Map"), "map"),
        Tab("/field/doors/", _("Door visits"), "home"),
        Tab("/field/me/", _("Mine"), "person"),
    ),
}
KINDS = ("plain", "desk", *TABS)


# Below a surface of the staff, and for whoever signs in by phone.
_BY_PHONE = ("/control/mine/", "/control/calls/", "/field/doors/")


def is_for_staff(path: str) -> bool:
    """Whether who is sent from there to sign in has a name and a password."""
    of_staff = any(surface.roles and path.startswith(surface.path) for surface in SURFACES)
    return of_staff and not path.startswith(_BY_PHONE)


@dataclass(frozen=True, slots=True)
class Shell:
    """The frame of one page: its kind, its tabs, the one that the page belongs to, and where its way back leads."""

    kind: str
    tabs: tuple[Tab, ...] = field(default=())
    current: Tab | None = None
    back: str = ""


def shell_of(kind: str, path: str) -> Shell:
    tabs = TABS.get(kind, ())
    above = [tab for tab in tabs if path.startswith(tab.path)]
    current = max(above, key=lambda tab: len(tab.path), default=None)
    on_a_tab = current is not None and current.path == path
    back = "" if on_a_tab or not tabs else (current or tabs[0]).path
    return Shell(kind, tabs, current, back)


def kind_of(actor: Actor | None) -> str:
    """The shell of a page that everybody uses: staff keep the tabs or the side bar that they work with."""
    if actor is None or not actor.grants:
        return "resident"
    return "field" if actor.roles() <= {Role.GRID_WORKER, Role.HANDLER} else "desk"

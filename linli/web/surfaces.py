"""The surfaces of Linli, named once: the header shows those of the person, the first page shows all."""

from dataclasses import dataclass

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

    def serves(self, actor: Actor | None) -> bool:
        """Whether the header of this actor's pages leads here."""
        if actor is None or not (self.roles or self.residents):
            return not self.roles and not self.residents
        if self.residents and actor.kind is ActorKind.PERSON and not actor.grants:
            return True
        return bool(self.roles & actor.roles())


_OFFICE = frozenset({Role.DESK, Role.DISPATCHER, Role.LEADER, Role.ADMIN, Role.AUDITOR})

SURFACES: tuple[Surface, ...] = (
    Surface("/report/", _("Report"), _("Tell us what is wrong: words, a photo, a place. No sign-in needed.")),
    Surface("/my/", _("My cases"), _("What became of your reports, and what happens next."), residents=True),
    Surface("/desk/", _("Case desk"), _("Every case of your unit: file, decline, merge, dispatch, follow."), _OFFICE),
    Surface(
        "/field/",
        _("Field inbox"),
        _("Tasks of the handler and the grid worker: accept, do, show the proof."),
        frozenset({Role.GRID_WORKER, Role.HANDLER}),
    ),
    Surface(
        "/verify/",
        _("Verify"),
        _("Look at the result with other eyes than the handler's; pass it or send it back."),
        frozenset({Role.VERIFIER}),
    ),
    Surface(
        "/hotline/",
        _("Hotline"),
        _("A call to 12345 becomes the same case, with the caller's history beside it."),
        frozenset({Role.HOTLINE_CLERK}),
    ),
    Surface(
        "/rates/",
        _("Rates"),
        _("Response, solution and satisfaction rate of each body."),
        frozenset({Role.LEADER, Role.ADMIN, Role.AUDITOR}),
    ),
    Surface("/duties/", _("Duties"), _("Who is responsible for what, where, and by which clause."), _OFFICE),
    Surface("/territory/", _("Territory"), _("From the city down to the building, with dated boundaries."), _OFFICE),
    Surface("/people/", _("Posts"), _("Who holds which post, and who stands in for whom."), frozenset({Role.ADMIN})),
    Surface(
        "/audit/",
        _("Audit"),
        _("The chained timeline: proof that nothing was changed behind its back."),
        frozenset({Role.AUDITOR}),
    ),
    Surface(
        "/api/v1/docs", _("API"), _("Every page's data and action for other systems, with OpenAPI."), in_header=False
    ),
    Surface(
        "/open311/v2/discovery.json",
        "Open311",
        _("GeoReport v2: services, requests, tokens, in JSON and XML."),
        in_header=False,
    ),
)


def header_of(actor: Actor | None) -> list[Surface]:
    return [surface for surface in SURFACES if surface.in_header and surface.serves(actor)]

"""How the console says what the room keeps: stages, powers, outcomes, and the laws that a declaration may stand on."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from linli.campaigns.models import Outcome, Power
from linli.campaigns.rules import Stage

STAGES = {
    Stage.AHEAD: (pgettext_lazy("joint control", "Not begun yet"), "info"),
    Stage.IN_FORCE: (pgettext_lazy("joint control", "In force"), "warn"),
    Stage.OVER: (pgettext_lazy("joint control", "Over"), ""),
    Stage.DESTROYED: (_("Data destroyed"), "good"),
}

ALLOWS = {
    Power.VISIT_HOUSEHOLDS: _("Screenings: every household of an area is given to a team and visited."),
    Power.ASK_HEALTH: _(
        "Forms may ask about fever, illness and medicine. The answers are encrypted under this declaration's key."
    ),
    Power.CALL_UP: _("People of the roster are called and put into teams."),
    Power.SEAL_BUILDINGS: _("A building is closed; its doors wait, and nobody is sent to them."),
    Power.CLOSE_PREMISES: _("Shops and workplaces close, and open again after an inspection."),
    Power.WARN_EVERYBODY: _("A warning goes to everybody in the area, whatever they chose to be told."),
}

STEPS = {
    "declare": _("Declared"),
    "extend": _("Extended"),
    "end": _("Ended before its time"),
    "keep": _("An exception keeps the data"),
    "destroy": _("The data were destroyed"),
    "key_missed": _("The key of the answers was found missing"),
}
SCREENING_STEPS = {
    "start": _("The screening began"),
    "divide": _("The doors were divided among the teams"),
    "team_out": _("A team was taken out"),
    "member_out": _("Somebody left their team"),
    "team_in": _("A team came"),
    "late": _("Doors found late were given to teams"),
    "seal": _("A building was closed"),
    "door_codes": _("Codes for doors were made"),
    "close": _("The screening was closed"),
}

# Each outcome with a sign, so that no colour has to be seen.
NOT_VISITED = ("·", _("Not visited"), "")
OUTCOMES = {
    Outcome.DONE: ("✓", pgettext_lazy("at a door", "Done"), "good"),
    Outcome.REFUSED: ("✕", pgettext_lazy("at a door", "Refused"), "bad"),
    Outcome.MOVED: ("→", Outcome.MOVED.label, "good"),
    Outcome.NOBODY_HOME: ("○", Outcome.NOBODY_HOME.label, "warn"),
    Outcome.OTHER_LANGUAGE: ("文", Outcome.OTHER_LANGUAGE.label, "warn"),
    Outcome.UNSAFE: ("!", Outcome.UNSAFE.label, "bad"),
}

# Laws in force, as they are cited: the field suggests them, the declarer answers for the article that fits.
LAWS = (
    "《中华人民共和国突发事件应对法》（2024年修订）第七十三条",
    "《中华人民共和国传染病防治法》（2025年修订）",
    "《突发公共卫生事件应急条例》第三十三条、第四十条",
    "《中华人民共和国防洪法》第四十一条、第四十五条",
    "《城镇燃气管理条例》第四十二条",
    "《中华人民共和国消防法》第四十五条",
    "《中华人民共和国防震减灾法》第五十条",
    "《突发事件应急预案管理办法》（应急演练）",
)


def outcome(value: str) -> tuple[str, object, str]:
    """Sign, word and tone; of nothing: not visited."""
    return OUTCOMES[Outcome(value)] if value else NOT_VISITED

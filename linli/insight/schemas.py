"""What the API of the warnings takes and gives."""

from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from linli.foundation.fields import Moment
from linli.insight import wording
from linli.insight.models import Warning, WarningKind, WarningState
from linli.insight.queries import Precision


class WarningOut(Schema):
    """`title`, `seen`, `surprise` and `suggestion` are in the language of the request."""

    id: UUID
    kind: WarningKind
    state: WarningState
    version: int
    unit: UUID
    case_class: UUID | None
    body: UUID | None
    lon: float | None
    lat: float | None
    radius_km: float | None
    places: list[str] = Field(description="Of a cluster: ids of quarters, or H3 cells where there are none.")
    since: Moment
    until: Moment = Field(description="Not part of the window.")
    observed: int
    expected: float
    once_in_days: float = Field(
        description="By chance alone about once in so many days, for this kind in the district."
    )
    strong: bool
    method: str
    cases: list[UUID]
    made_case: UUID | None
    found_at: Moment
    seen_at: Moment
    title: str
    seen: str
    surprise: str
    suggestion: str

    @classmethod
    def of(cls, row: Warning) -> "WarningOut":
        own = ("unit", "case_class", "body")
        said: dict[str, Any] = {
            "title": wording.title(row),
            "seen": wording.seen(row),
            "surprise": wording.surprise(row),
            "suggestion": wording.suggestion(row),
        }
        plain = {name: getattr(row, name) for name in cls.model_fields if name not in {*own, *said}}
        return cls(**plain, **said, **{name: getattr(row, f"{name}_id") for name in own})


class PrecisionOut(Schema):
    kind: WarningKind
    told: int
    answered: int
    right: int = Field(description="Acknowledged or made a case, by the last answer to each.")
    share: float | None

    @classmethod
    def of(cls, one: Precision) -> "PrecisionOut":
        share = None if one.share is None else round(float(one.share), 3)
        return cls(kind=WarningKind(one.kind), told=one.told, answered=one.answered, right=one.right, share=share)


class WarningAnswerIn(Schema):
    reason: str = Field("", max_length=500, description="Needed to dismiss.")
    version: int | None = Field(None, ge=1, description="Refused as stale where the warning has changed since.")


class LookIn(Schema):
    unit: UUID = Field(description="A district.")


class WorkOut(Schema):
    """Long work that was begun: `href` shows how far it is."""

    id: UUID
    href: str


class WarningSeriesOut(Schema):
    name: str
    tone: Literal["info", "good", "warn", "bad", "quiet"]
    values: list[float | None]
    hrefs: list[str]


class WarningChartOut(Schema):
    kind: Literal["bars", "lines"]
    percent: bool
    labels: list[str]
    series: list[WarningSeriesOut]


def chart_of(row: Warning) -> dict[str, Any]:
    """What was seen day by day beside what is usual, as the chart draws it."""
    names = wording.curve_names(row)
    tones = ("warn", "quiet")
    values = (row.curve["observed"], row.curve["usual"])
    return {
        "kind": "lines",
        "percent": False,
        "labels": [wording.day(label) for label in row.curve["labels"]],
        "series": [
            {"name": name, "tone": tone, "values": own, "hrefs": []}
            for name, tone, own in zip(names, tones, values, strict=True)
        ],
    }

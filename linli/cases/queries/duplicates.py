"""Open cases nearby that may mean the same."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from linli.cases import rules
from linli.foundation import clock


@dataclass(frozen=True, slots=True)
class Likely:
    """An open case nearby that may mean the same. The title is empty where the actor may not read it yet."""

    case_id: UUID
    number: int
    state: str
    case_class_id: UUID | None
    reported_at: datetime
    supports: int
    title: str
    metres: int
    score: float

    @property
    def reference(self) -> str:
        return rules.reference_of(self.number)


def likely_duplicates(
    *, lon: float, lat: float, text: str = "", class_id: UUID | None = None, most: int = 5, exclude: UUID | None = None
) -> list[Likely]:
    """Open cases within 250 m that may mean the same, likeliest first: for residents and desk alike, each in their scope."""
    said = rules.words(text)
    now = clock.now()
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM cases_near(%s)", [rules.cells_around(lon, lat)])
        for case_id, number, state, other_class, x, y, reported_at, supports, title, words in cursor.fetchall():
            metres = rules.metres_between(lon, lat, x, y)
            if case_id == exclude or metres > rules.DUPLICATE_METRES:
                continue
            alike = rules.likeness(said, rules.words(words))
            same_class = class_id == other_class if class_id and other_class else None
            score = rules.duplicate_score(metres, same_class, alike, now - reported_at)
            if score >= rules.LIKELY:
                found.append(
                    Likely(case_id, number, state, other_class, reported_at, supports, title, round(metres), score)
                )
    return sorted(found, key=lambda likely: -likely.score)[:most]

"""The suggested class, and what it is learnt from."""

from datetime import timedelta
from functools import lru_cache

from django.db import connection
from django.db.models import QuerySet

from linli.cases.models import DONE_STATES, Case, ClassModel
from linli.cases.suggest import Example, Model, Suggestion, learn, load
from linli.duties import queries as duties
from linli.foundation import clock


def suggested_classes(text: str, most: int = 3) -> list[Suggestion]:
    """The likeliest classes for a text, with confidences; from the newest model, or the catalogue alone before the first."""
    # The model may be older than the catalogue: what was retired since is not offered.
    offered = {info.code for info in duties.classes() if info.is_minor and info.active}
    if not offered:
        return []
    model = _model(str(connection.settings_dict["NAME"]))
    return [one for one in model.suggest(text, len(model.codes)) if one.class_code in offered][:most]


@lru_cache(maxsize=2)
def _model(_database: str) -> Model:
    newest = ClassModel.objects.order_by("-learnt_at").first()
    if newest is not None:
        return load(bytes(newest.weights))
    return learn(catalogue_examples(), [])


def catalogue_examples() -> list[Example]:
    """Each minor class in its own words."""
    return [
        Example(" ".join([info.name, info.name_en, *info.keywords, *info.keywords_en]), info.code)
        for info in duties.classes()
        if info.is_minor and info.active
    ]


def warm() -> None:
    """Read the model now, where one was learnt. Else it is learnt when somebody asks: that loads scikit-learn, a second of a core."""
    if ClassModel.objects.exists():
        _model(str(connection.settings_dict["NAME"]))


def forget() -> None:
    """Read the model again at the next question."""
    _model.cache_clear()


def recently_closed(since: timedelta = timedelta(days=365)) -> QuerySet[Case]:
    """Closed cases with class and text: what the class suggestion learns from."""
    return (
        Case.objects.filter(state__in=DONE_STATES, case_class__isnull=False, closed_at__gte=clock.now() - since)
        .select_related("text")
        .order_by("-pk")
    )

"""What the desk and the verifiers promise: set for the city with its history; what has begun keeps the promise of its time."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from factories.confirming import confirm

from linli.duties import queries
from linli.duties.actions import stages
from linli.duties.actions.packs import load_pack
from linli.duties.actions.stages import Promised
from linli.duties.errors import InvalidLimit, LimitUnchanged
from linli.duties.models import Stage, StageLimit
from linli.foundation import audit, clock
from linli.foundation.access import SYSTEM, Role, acting_as
from linli.foundation.errors import InvalidInput, NotAllowed, Stale
from tests.duties.conftest import CITY, SUBDISTRICT, Units, admin_of, signed_in

pytestmark = pytest.mark.django_db

FOUR = Promised(Decimal(4), "working_hour")
DAY = Promised(Decimal(1), "working_day")
FIRST, LATER = datetime(2026, 3, 2, 2, tzinfo=UTC), datetime(2026, 6, 1, 2, tzinfo=UTC)


def promise(stage: str = "read", promised: Promised | None = FOUR, **changed: object) -> StageLimit | None:
    current = queries.stage_limit(stage)
    arguments = {
        "stage": stage,
        "promised": promised,
        "by": SYSTEM,
        "reason": "市局文件",
        "expected": current and current.id,
    }
    return stages.set_stage(**(arguments | changed))  # type: ignore[arg-type]


def test_what_has_begun_keeps_the_promise_of_its_time(units: Units) -> None:
    with clock.at(FIRST):
        promise()
    with clock.at(LATER):
        promise(promised=DAY)
    assert queries.promised("read", FIRST - timedelta(seconds=1)) is None
    assert queries.promised("read", FIRST).amount == 4  # type: ignore[union-attr]
    assert queries.promised("read", LATER - timedelta(seconds=1)).amount == 4  # type: ignore[union-attr]
    assert queries.promised("read", LATER).kind == "working_day"  # type: ignore[union-attr]
    assert queries.promised("check", LATER) is None
    with clock.at(LATER + timedelta(days=1)):
        promise(promised=None)
    assert queries.promised("read", LATER + timedelta(days=2)) is None
    assert queries.promised("read", LATER) is not None, "what was promised stays readable"
    assert [limit.valid_to for limit in queries.stage_limits("read")] == [LATER + timedelta(days=1), LATER]


def test_every_change_is_on_a_timeline_that_staff_read(units: Units) -> None:
    first = promise()
    assert first
    promise(promised=DAY)
    with acting_as(admin_of(units[SUBDISTRICT].id)):
        assert [entry.action for entry in audit.timeline(first.id)] == ["set", "ended"]
        assert audit.timeline(first.id)[0].note == "市局文件"


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"promised": Promised(Decimal(0), "working_hour")}, InvalidLimit),
        ({"promised": Promised(Decimal("1.234"), "working_hour")}, InvalidLimit),
        ({"promised": Promised(Decimal(10000), "working_hour")}, InvalidLimit),
        ({"promised": Promised(Decimal(1), "fortnight")}, InvalidLimit),
        ({"stage": "dispatch"}, InvalidInput),
        ({"reason": " "}, InvalidInput),
        ({}, LimitUnchanged),
        ({"promised": DAY, "expected": None}, Stale),
        ({"promised": DAY, "expected": uuid4()}, Stale),
    ],
)
def test_what_cannot_be_promised_is_refused(units: Units, changed: dict[str, object], refusal: type[Exception]) -> None:
    promise()
    with pytest.raises(refusal):
        promise(**{"promised": FOUR, **changed})
    assert StageLimit.objects.count() == 1


def test_only_the_city_promises_also_past_the_actions(units: Units) -> None:
    for actor in (admin_of(units[SUBDISTRICT].id), admin_of(units["510108"].id)):
        with pytest.raises(NotAllowed):
            promise(by=actor)
        with acting_as(actor), pytest.raises(Exception, match="row-level security"), transaction.atomic():
            StageLimit.objects.create(
                stage="read", limit_amount=1, limit_kind="working_day", valid_from=FIRST, changed_by="x", reason="x"
            )


def test_the_database_holds_one_promise_of_a_stage_at_a_time(units: Units) -> None:
    promise()
    with acting_as(SYSTEM), pytest.raises(IntegrityError), transaction.atomic():
        StageLimit.objects.create(
            stage="read", limit_amount=1, limit_kind="working_day", valid_from=FIRST, changed_by="x", reason="x"
        )


def test_the_pack_promises_and_keeps_what_the_city_has_set(pack: Units) -> None:
    assert {stage: queries.stage_limit(stage) is not None for stage in Stage} == dict.fromkeys(Stage, True)
    promise(promised=DAY)
    with acting_as(SYSTEM):
        assert load_pack("chengdu", by=SYSTEM).stages == 0
    assert queries.stage_limit("read").limit_kind == "working_day"  # type: ignore[union-attr]


def test_the_page_shows_what_follows_first_and_the_history_afterwards(client: Client, pack: Units) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    change = {"stage": "read", "limit_amount": "2", "limit_kind": "working_hour", "reason": "提速"}
    change["expected"] = str(queries.stage_limit("read").id)  # type: ignore[union-attr]
    page = client.get("/duties/stages/").content.decode()
    assert "4 working hours" in page
    assert "Change it" not in page, "everyone reads it, and the city changes it"
    assert client.post("/duties/stages/", change).status_code == 403
    assert signed_in(Client(), Role.ADMIN, pack[SUBDISTRICT].id).post("/duties/stages/", change).status_code == 403
    signed_in(client, Role.ADMIN, pack[CITY].id)
    shown = client.post("/duties/stages/", change).content.decode()
    assert "keeps the promise that it began with" in shown
    assert StageLimit.objects.filter(stage="read").count() == 1, "it is shown first"
    done = confirm(client, "/duties/stages/", change, follow=True).content.decode()
    assert "2 working hours" in done
    assert "提速" in done
    assert client.post("/duties/stages/", change).status_code == 409, "the page that was open before is stale"
    nothing = change | {"limit_amount": "", "expected": str(queries.stage_limit("read").id)}  # type: ignore[union-attr]
    assert "nothing is promised of this stage" in client.post("/duties/stages/", nothing).content.decode()
    assert confirm(client, "/duties/stages/", nothing).status_code == 302
    assert queries.stage_limit("read") is None
    wrong = client.post("/duties/stages/", nothing | {"limit_amount": "x", "stage": "read"})
    assert wrong.status_code == 422
    assert client.post("/duties/stages/", {"stage": "nonsense"}).status_code == 422

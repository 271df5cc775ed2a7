"""Long work: done once, with its starter's rights, told while it runs; what stops or fails changes nothing and can be begun again."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from linli.foundation import clock, files, live, work
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, ActorKind, acting_as, current_actor
from linli.foundation.errors import InvalidInput, NotAllowed, NotFound, Stale
from linli.foundation.ids import uuid7
from linli.foundation.models import IdempotencyKey, OutboxEvent, StoredFile, Work, WorkRow, WorkState
from linli.foundation.work import Running

KIND = "test.work"
STARTER = Actor(uuid7(), ActorKind.PERSON, "街道 · 管理员")
OTHER = Actor(uuid7(), ActorKind.PERSON, "别处 · 管理员")


@pytest.fixture(autouse=True)
def _starter(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(work, "_actor_of", lambda person: Actor(person, ActorKind.PERSON, "街道 · 管理员"))
    yield
    work.forget(KIND)


def play(run: object) -> None:
    work.register(KIND, "Test", run)  # type: ignore[arg-type]


def begun(**more: object) -> Work:
    with acting_as(STARTER):
        return work.begin(kind=KIND, title="清单.csv", by=STARTER, asked={"n": 1}, **more)  # type: ignore[arg-type]


def work_on(one: Work) -> Work:
    with acting_as(SYSTEM):
        work.carry_out(str(one.id))
        return Work.objects.get(pk=one.id)


@pytest.mark.django_db
def test_it_is_done_as_its_starter_once_and_with_its_file() -> None:
    seen: list[object] = []

    def run(running: Running) -> dict[str, int]:
        seen.append((current_actor().id, running.data(), running.work.asked))  # type: ignore[union-attr]
        running.keep([WorkRow(work=running.work, number=n, fate="new", about="行") for n in range(2500)])
        return {"made": 2500}

    play(run)
    one = begun(data=b"a,b\n1,2\n", filename="../清单.csv")
    assert ProcrastinateJob.objects.filter(task_name="foundation.work", args={"work_id": str(one.id)}).count() == 1
    done = work_on(one)
    assert (done.state, done.result) == (WorkState.DONE, {"made": 2500})
    assert seen == [(STARTER.id, b"a,b\n1,2\n", {"n": 1})]
    work_on(one)
    assert len(seen) == 1, "a job that comes twice finds it done"
    with acting_as(STARTER):
        assert len(list(work.every_row_of(done))) == 2500
        assert done.file is not None
        assert done.file.name == "清单.csv"


@pytest.mark.django_db
@pytest.mark.parametrize(("error", "said"), [(InvalidInput(), "correct"), (ValueError("inside"), "went wrong")])
def test_what_fails_changes_nothing_and_says_why(error: Exception, said: str) -> None:
    def run(running: Running) -> dict[str, int]:
        IdempotencyKey.objects.create(sender="test", key="half done", request_hash=b"")
        raise error

    play(run)
    one = begun()
    with acting_as(SYSTEM):
        Work.objects.filter(pk=one.pk).update(language="en")
    failed = work_on(one)
    assert failed.state == WorkState.FAILED
    assert said in failed.said
    assert "inside" not in failed.said
    assert not IdempotencyKey.objects.exists()

    play(lambda running: {})
    with acting_as(STARTER):
        work.again(one.id, by=STARTER)
    assert work_on(one).state == WorkState.DONE
    with acting_as(STARTER), pytest.raises(Stale):
        work.again(one.id, by=STARTER)


def test_progress_is_seen_while_it_runs_and_a_dead_worker_is_seen_too(fresh_database: str) -> None:
    seen: list[object] = []

    def run(running: Running) -> dict[str, int]:
        running.say("第一步", 10, 100)
        # Another connection sees it, although this work's transaction is open.
        with closing(psycopg.connect(**live.connection_params(), autocommit=True)) as elsewhere:
            elsewhere.execute("SELECT set_config('linli.system', 'on', false)")
            seen.extend(elsewhere.execute("SELECT state, said, done, total FROM foundation_work").fetchall())
            seen.extend(elsewhere.execute("SELECT count(*) FROM foundation_outboxevent").fetchone() or ())
        with acting_as(SYSTEM):
            assert work.get(running.work.id, actor=SYSTEM).state == WorkState.RUNNING
        return {}

    play(run)
    one = begun()
    assert work_on(one).state == WorkState.DONE
    assert seen == [("running", "第一步", 10, 100), 1]

    with acting_as(SYSTEM):
        # As a killed worker leaves it: at work, and nobody holds the lock.
        Work.objects.filter(pk=one.pk).update(state=WorkState.RUNNING, ended_at=None)
        with closing(work._Line(one.id)) as line:
            assert line.alone
            assert work.get(one.id, actor=SYSTEM).state == WorkState.RUNNING
            with acting_as(STARTER), pytest.raises(Stale):
                work.again(one.id, by=STARTER)
            with closing(work._Line(one.id)) as second:
                assert not second.alone, "two workers never hold it at once"
        assert work.get(one.id, actor=SYSTEM).state == WorkState.STOPPED
        before = OutboxEvent.objects.count()
        work.note_stopped()
        assert Work.objects.get(pk=one.pk).state == WorkState.STOPPED
        assert OutboxEvent.objects.count() == before + 1, "open pages are told"
    with acting_as(STARTER):
        work.again(one.id, by=STARTER)
    assert work_on(one).state == WorkState.DONE


@pytest.mark.django_db
def test_nobody_else_sees_it_or_writes_it() -> None:
    play(lambda running: {})
    one = begun()
    with acting_as(OTHER):
        for attempt in (lambda: work.get(one.id, actor=OTHER), lambda: work.again(one.id, by=OTHER)):
            with pytest.raises(NotFound):
                attempt()
        assert not Work.objects.exists()
        with pytest.raises(ProgrammingError), transaction.atomic():
            Work.objects.create(kind=KIND, title="", started_by=STARTER.id, started_by_label="", language="en")
    with acting_as(STARTER):
        assert Work.objects.filter(pk=one.pk).update(state=WorkState.DONE) == 0, "how far it is, the worker says"
        with pytest.raises(ProgrammingError), transaction.atomic():
            WorkRow.objects.create(work=one, number=1, fate="new", about="")
    for nobody in (ANONYMOUS, SYSTEM, Actor(uuid7(), ActorKind.API_KEY, "key")):
        with acting_as(nobody), pytest.raises(NotAllowed):
            work.begin(kind=KIND, title="", by=nobody, asked={})


@pytest.mark.django_db
def test_a_month_later_it_is_forgotten_with_its_file(tmp_path: Path) -> None:
    play(lambda running: {})
    one, young = begun(data=b"old", filename="a.csv"), begun(data=b"young", filename="b.csv")
    work_on(one)
    with acting_as(SYSTEM):
        Work.objects.filter(pk=one.pk).update(asked_at=clock.now() - work.KEEP - timedelta(days=1))
        work.forget_ended()
        assert list(Work.objects.values_list("pk", flat=True)) == [young.pk]
        assert list(StoredFile.objects.values_list("name", flat=True)) == ["b.csv"]


@pytest.mark.django_db
def test_a_file_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    play(lambda running: {})
    monkeypatch.setattr(files, "MAX_BYTES", 10)
    with pytest.raises(files.FileTooLarge):
        begun(data=b"x" * 11, filename="a.csv")
    with acting_as(SYSTEM), suppress(NotFound):
        assert not Work.objects.exists()


def test_a_guessed_number_is_no_work(db: None) -> None:
    with acting_as(STARTER), pytest.raises(NotFound):
        work.get(UUID(int=1), actor=STARTER)


def test_what_waits_is_cancelled_at_once_and_can_be_begun_again(fresh_database: str) -> None:
    done: list[int] = []
    play(lambda running: done.append(1) or {})
    one = begun()
    with acting_as(OTHER), pytest.raises(NotFound):
        work.cancel(one.id, by=OTHER)
    with acting_as(STARTER):
        work.cancel(one.id, by=STARTER)
        assert work.cancel(one.id, by=STARTER).state == WorkState.CANCELLED, "a second press says the same"
        assert work.topics([Work.objects.get()]) == []
    assert (work_on(one).state, done) == (WorkState.CANCELLED, []), "its job finds nothing to do"
    with acting_as(STARTER):
        work.again(one.id, by=STARTER)
    after = work_on(one)
    assert (after.state, after.cancel_asked_at, after.cancelled_by, done) == (WorkState.DONE, None, "", [1])
    with acting_as(STARTER), pytest.raises(Stale):
        work.cancel(one.id, by=STARTER)


def in_another_thread(do: Callable[[], object]) -> None:
    """A page's own connection, as the worker's transaction is open."""

    def page() -> None:
        try:
            with acting_as(STARTER):
                do()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(page).result(timeout=20)


def test_what_runs_ends_at_its_next_step_with_nothing_done(fresh_database: str) -> None:
    def run(running: Running) -> dict[str, int]:
        # A report that is being written refers to the work: whoever cancels must not wait for it.
        running.keep([WorkRow(work=running.work, number=n, fate="new", about="行") for n in range(10)])
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        running.say("第二步", 3, 9)
        in_another_thread(lambda: work.cancel(running.work.id, by=STARTER))
        running.say("第三步", 9, 9)
        raise AssertionError("it goes on")

    play(run)
    ended = work_on(begun())
    assert (ended.state, ended.cancelled_by) == (WorkState.CANCELLED, STARTER.label)
    assert (ended.said, ended.done, ended.total, ended.result) == ("第三步", 9, 9, {}), "how far it came is still told"
    with acting_as(SYSTEM):
        assert not WorkRow.objects.exists()


def test_what_is_cancelled_in_its_last_statements_is_not_done(fresh_database: str) -> None:
    def run(running: Running) -> dict[str, int]:
        IdempotencyKey.objects.create(sender="test", key="at the end", request_hash=b"")
        in_another_thread(lambda: work.cancel(running.work.id, by=STARTER))
        return {"made": 1}

    play(run)
    ended = work_on(begun())
    assert (ended.state, ended.result) == (WorkState.CANCELLED, {})
    assert not IdempotencyKey.objects.exists()

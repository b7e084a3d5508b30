"""The journal: states, twins, slots, limits, memory, names, eviction."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.results import begin, find, save, submit
from volcv_client.answer.envelope import RawAnswer
from volcv_client.errors import BudgetError, Charged
from volcv_client.store import journal as journals
from volcv_client.store.attended import Attended
from volcv_client.store.entry import Entry, State
from volcv_client.store.journal import Allowance, Hindrance
from volcv_client.store.results import Filter, ResultStore
from volcv_client.store.spending import Limit

from .test_store import PICTURE, files_of, held_by_another, result, write_again
from .test_store import impatient as impatient

ANSWER = RawAnswer(200, {"X-Request-Id": "r", "Set-Cookie": "secret"}, b'{"code": 10000}')


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


def begun(store: ResultStore, number: int = 1, *, reuse: bool = True, slots: int = 99, **options: Any) -> object:
    limits = options.pop("limits", ())
    entry = Entry(result(number, request_id=""), **options)
    return store.journal.begin(entry, Allowance(slots, limits), reuse=reuse)


def states(store: ResultStore) -> list[str]:
    return [one.state.value for one in store.journal.select("ORDER BY id")]


def test_each_step_is_on_the_disk_when_it_returns(store: ResultStore) -> None:
    row = begin(store, result())
    other = ResultStore(store.folder)
    seen = []

    def look() -> None:
        (entry,) = other.journal.select("")
        seen.append((entry.state.value, entry.charged.value))

    look()
    row.sent()
    look()
    row.answered(ANSWER, 2.5)
    look()
    (entry,) = other.journal.select("")
    raw = other.journal.raw_answer(entry)
    assert raw is not None and (raw.status, raw.content) == (200, ANSWER.content)
    assert dict(raw.headers) == {"X-Request-Id": "r"}, "no header that is not needed"
    assert entry.result.seconds == 2.5 and other.journal.is_attended(entry)
    row.read(result(image_urls=["https://a/1"]), "links")
    look()
    row.read(result(image_urls=["https://a/1"]))
    look()
    assert seen == [("sending", "maybe"), ("sent", "maybe"), *[("answered", "yes")] * 2, ("complete", "yes")]
    assert not other.journal.answer_file(entry).exists()


def test_the_sandbox_charges_nothing_at_any_step(store: ResultStore) -> None:
    with begin(store, result(charged=False)) as row:
        row.submitted("7", None)
        row.answered(ANSWER, 1.0)
        row.read(result(charged=False))
    assert row.entry.charged is Charged.NO and store.charged_since(0.0) == 0


def test_what_was_dropped_was_never_there(store: ResultStore) -> None:
    with begin(store, result()) as row:
        row.sent()
        row.answered(ANSWER, 1.0)
        row.drop()
    assert states(store) == [] and files_of(store) == set() and store.charged_since(0.0) == 0


def test_a_twin_does_not_begin(store: ResultStore) -> None:
    first = begun(store)
    assert isinstance(first, Entry) and begun(store) is Hindrance.TWIN
    assert isinstance(begun(store, reuse=False), Entry)
    assert begun(ResultStore(store.folder)) is Hindrance.TWIN, "nor in another process"
    with Attended(store.journal, first) as row:
        row.sent()
        row.ended(State.UNKNOWN, "read_timeout")
    save(store, result(2), [PICTURE])
    assert begun(store, 2) is Hindrance.TWIN


def test_slots_are_those_of_all_processes(store: ResultStore) -> None:
    other = ResultStore(store.folder)
    mine = [begun(other, number, credential="c") for number in (1, 2)]
    assert begun(store, 3, credential="c", slots=2) is Hindrance.SLOTS
    assert isinstance(begun(store, 4, credential="other", slots=2), Entry)
    assert isinstance(begun(store, 5, credential="c", slots=3), Entry)
    other.close()
    assert isinstance(begun(store, 6, credential="c", slots=2), Entry), "its owner has ended"
    assert all(isinstance(one, Entry) for one in mine)


def test_an_open_task_without_an_owner_takes_no_slot(store: ResultStore) -> None:
    submit(ResultStore(store.folder), result(1), "77", credential="c")
    assert isinstance(begun(store, 2, credential="c", slots=1), Entry)


def test_limits_count_what_was_charged_or_may_be(store: ResultStore) -> None:
    limits = [Limit("daily", time.time() - 60, 2)]
    save(store, result(1), [PICTURE])
    save(store, result(2, charged=False), [PICTURE])
    save(store, result(3, created=time.time() - 3600), [PICTURE])
    assert isinstance(begun(store, 4, limits=limits), Entry)
    with pytest.raises(BudgetError) as caught:
        begun(store, 5, limits=limits)
    assert caught.value.key == "daily_limit"
    assert isinstance(begun(store, 6, limits=limits, charged=Charged.NO), Entry), "the sandbox has no limit"
    store.clear()
    with pytest.raises(BudgetError):
        begun(store, 5, limits=limits)


def test_earlier_calls_to_go_on_from(store: ResultStore) -> None:
    """An answer before a task, a task before a call under way; without reuse only the oldest open task."""
    journal = store.journal
    assert journal.earlier("print-1", reuse=True) is journal.earlier("print-1", reuse=False) is None
    under_way = begun(store, reuse=False)
    tasks = [submit(store, result(), task_id) for task_id in ("71", "72")]
    assert isinstance(under_way, Entry)
    found = journal.earlier("print-1", reuse=False)
    assert found is not None and found.uid == tasks[0].uid
    found = journal.earlier("print-1", reuse=True)
    assert found is not None and found.uid in {one.uid for one in tasks}
    taken = [journal.take(one) for one in tasks]
    assert None not in taken and journal.earlier("print-1", reuse=False) is None
    found = journal.earlier("print-1", reuse=True)
    assert found is not None and journal.is_attended(found)
    save(store, result(request_id="answered"), problem="links")
    found = journal.earlier("print-1", reuse=True)
    assert found is not None and found.result.request_id == "answered"


def test_an_entry_is_taken_once(store: ResultStore) -> None:
    entry = submit(store, result(), "77")
    other = ResultStore(store.folder)
    assert store.journal.take(entry) is not None
    assert store.journal.take(entry) is other.journal.take(entry) is None
    taken = store.journal.by_uid(entry.uid)
    assert taken is not None and other.journal.is_attended(taken) and store.journal.is_attended(taken)
    store.journal.leave(taken)
    left = other.journal.by_uid(entry.uid)
    assert left is not None and not other.journal.is_attended(left) and other.journal.take(left) is not None


def test_the_owner_s_death_frees_what_it_attended_to(store: ResultStore) -> None:
    entry = submit(store, result(), "77")
    assert store.journal.take(entry) is not None
    store.journal.owner.close()
    other = ResultStore(store.folder)
    found = other.journal.earlier("print-1", reuse=False)
    assert found is not None and found.owner and other.journal.take(found) is not None


def test_calls_without_an_answer_are_told_and_listed(store: ResultStore) -> None:
    with begin(store, result()) as row:
        row.sent()
        row.ended(State.UNKNOWN, "read_timeout")
    unanswered = store.journal.unanswered("print-1")
    assert unanswered is not None and unanswered.uid == row.entry.uid
    assert [one.problem for one in store.journal.open_entries(9)] == ["read_timeout"]
    with begin(store, result(2)) as other:
        other.sent()
        assert store.journal.unanswered("print-2") is None, "it is under way"
    assert store.journal.unanswered("print-2") is not None
    assert store.forget(row.entry.name) == 1 and store.journal.unanswered("print-1") is None


def test_names(store: ResultStore) -> None:
    """A call is named by its request id, its task id, or (the start of) its uid; the newest wins."""
    journal = store.journal
    task = submit(store, result(1), "77")
    unnamed = begin(store, result(2))
    unnamed.sent()
    unnamed.ended(State.UNKNOWN, "read_timeout")
    done = save(store, result(3, request_id="r3"), [PICTURE])
    again = save(store, result(4, request_id="r3"), [PICTURE])
    expected = {
        "77": task.uid,
        task.uid: task.uid,
        unnamed.entry.uid[:12]: unnamed.entry.uid,
        unnamed.entry.name: unnamed.entry.uid,
    }
    for name, uid in expected.items():
        found = journal.by_name(name)
        assert found is not None and found.uid == uid, name
    found = journal.by_name("r3")
    assert found is not None and found.result.id == again.id != done.id
    for name in ("", "r", "%", unnamed.entry.uid[:5]):
        assert journal.by_name(name) is None
    assert store.forget("r3") == 1
    found = journal.by_name("r3")
    assert found is not None and found.result.id == done.id


@pytest.mark.parametrize("state", ["answered", "submitted", "unknown", "complete", "unsaved"])
def test_anything_can_be_forgotten_and_stays_counted(store: ResultStore, state: str, impatient: None) -> None:
    save(store, result(9, charged=False), [PICTURE])
    if state == "unsaved":
        with held_by_another(store.folder):
            save(store, result(), [PICTURE])
    elif state == "submitted":
        submit(store, result(request_id="request-1"), "request-1")
    elif state == "unknown":
        with begin(store, result()) as row:
            row.sent()
            row.ended(State.UNKNOWN, "read_timeout")
    else:
        save(store, result(), [PICTURE], problem="" if state == "complete" else "links")
    name = store.journal.of("print-1")[0].name
    write_again(store) if state == "unsaved" else None
    kept = files_of(store)
    assert store.forget(name) == 1 and store.forget(name) == 0
    assert store.journal.of("print-1") == [] and store.journal.earlier("print-1", reuse=True) is None
    assert store.charged_since(0.0) == 1
    assert len(files_of(store)) == 1 and len(kept) >= 1


def test_eviction_takes_only_complete_results(store: ResultStore) -> None:
    store.limit_bytes = len(PICTURE)
    save(store, result(1), [PICTURE], problem="links", answer=b"x" * 10_000)
    submit(store, result(2), "77")
    for number in (3, 4, 5):
        save(store, result(number), [PICTURE])
    assert states(store) == ["answered", "submitted", "deleted", "deleted", "complete"]
    answered = store.journal.of("print-1")[0]
    assert store.journal.answer_file(answered).stat().st_size == 10_000
    assert len(files_of(store)) == 3 and all(one.path and one.path.is_file() for one in answered.result.files)


def test_favourites_are_never_evicted_and_leave_room_for_others(store: ResultStore) -> None:
    store.limit_bytes = len(PICTURE)
    first = save(store, result(1), [PICTURE])
    assert store.set_favourite([first.id], True) == 1 and store.set_favourite([99], True) == 0
    for number in (2, 3):
        save(store, result(number), [PICTURE])
    assert states(store) == ["complete", "deleted", "complete"]
    found = store.by_id(first.id)
    assert found is not None and found.favourite and all(one.path and one.path.is_file() for one in found.files)
    assert [one.result.id for one in store.listing(9, wanted=Filter(favourite=True))[0]] == [first.id]
    store.set_favourite([first.id], False)
    save(store, result(4), [PICTURE])
    assert states(store) == ["deleted", "deleted", "deleted", "complete"]


def test_a_request_that_reads_like_the_flag_is_no_favourite(store: ResultStore) -> None:
    save(store, result(1, request={"favourite": True, "prompt": '{"favourite": true'}), [PICTURE])
    assert store.listing(9, wanted=Filter(favourite=True))[1] == 0


def test_a_favourite_stays_one_when_its_answer_is_read_again(store: ResultStore) -> None:
    kept = save(store, result(1), [PICTURE])
    store.set_favourite([kept.id], True)
    entry = store.entry(kept.id)
    assert entry is not None
    store.journal.move(entry)
    assert store.listing(9, wanted=Filter(favourite=True))[1] == 1


def test_clearing_leaves_calls_under_way(store: ResultStore) -> None:
    save(store, result(1), [PICTURE])
    save(store, result(2), problem="links")
    submit(store, result(3), "77")
    begin(store, result(4)).sent()
    assert store.clear() == 2
    assert states(store) == ["deleted", "deleted", "submitted", "sent"] and store.charged_since(0.0) == 4


def test_memory_has_a_limit_and_the_oldest_go(
    store: ResultStore, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, result(9), [PICTURE])
    monkeypatch.setattr(journals, "MEMORY_BYTES", 2 * len(PICTURE))
    with held_by_another(store.folder):
        for number in range(5):
            save(store, result(number), [PICTURE])
        assert [find(store, f"print-{number}") is not None for number in range(5)] == [False] * 3 + [True] * 2
    write_again(store)
    assert sorted(one.seed or 0 for one in store.newest(9)) == [3, 4, 9]


def test_one_result_above_the_memory_limit_is_kept(
    store: ResultStore, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(store, result(9), [PICTURE])
    monkeypatch.setattr(journals, "MEMORY_BYTES", 1)
    with held_by_another(store.folder):
        save(store, result(1), [PICTURE])
        assert find(store, "print-1") is not None
    write_again(store)
    assert store.usage()[0] == 2


def test_an_answer_in_memory_is_written_later(store: ResultStore, impatient: None) -> None:
    save(store, result(9), [PICTURE])
    row = begin(store, result())
    row.sent()
    with held_by_another(store.folder):
        row.answered(ANSWER, 1.0)
        raw = store.journal.raw_answer(row.entry)
        assert raw is not None and raw.content == ANSWER.content
        assert store.journal.problem_of(row.entry) is not None
        row.leave()
        found = store.journal.earlier("print-1", reuse=True)
        assert found is not None and found.state is State.ANSWERED and not store.journal.is_attended(found)
    write_again(store)
    assert store.journal.problem_of(row.entry) is None
    (entry,) = ResultStore(store.folder).journal.of("print-1")
    raw = store.journal.raw_answer(entry)
    assert entry.state is State.ANSWERED and raw is not None and raw.content == ANSWER.content


def test_an_answer_written_before_the_process_died_is_read(store: ResultStore) -> None:
    """Its file is on the disk; its row still says that the request was sent."""
    row = begin(store, result())
    row.sent()
    store.journal.answer_file(row.entry).parent.mkdir(parents=True)
    store.journal.answer_file(row.entry).write_bytes(ANSWER.content)
    store.close()
    other = ResultStore(store.folder)
    assert [one.state for one in other.journal.open_entries(9)] == [State.ANSWERED]
    found = other.journal.earlier("print-1", reuse=True)
    assert found is not None and found.charged is Charged.YES


def test_lone_surrogates_are_replaced(store: ResultStore) -> None:
    one = save(store, result(request_id="r\ud83d", request={"prompt": "a \ud83d cat", "req_key": "k"}), [PICTURE])
    found = store.by_id(one.id)
    assert found is not None and found.request_id == "r?" and found.files
    assert store.listing(9, wanted=Filter(words=[("cat", [])]))[1] == 1


@pytest.mark.parametrize("count", [10_000])
def test_searching_many_results_is_quick(store: ResultStore, count: int) -> None:
    save(store, result(1, request={"prompt": "needle"}), [PICTURE])
    with closing(sqlite3.connect(store.folder / "index.db")) as connection, connection:
        columns = (
            "state, owner, fingerprint, reusable, credential, req_key, request_id, task_id, seed, created, charged"
        )
        connection.execute(
            f"INSERT INTO calls (uid, {columns}, bytes, search, record) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
            f" SELECT i + 1 FROM n WHERE i < {count}) SELECT 'u' || i, {columns}, bytes,"
            " printf('a long prompt number %d about nothing in particular, %.200c', i, 'x'), record FROM calls, n"
        )
    times = []
    for _ in range(5):
        began = time.perf_counter()
        entries, total = store.listing(20, wanted=Filter(words=[("needle", [])]))
        times.append(time.perf_counter() - began)
        assert total == len(entries) == 1
    assert min(times) < 0.1

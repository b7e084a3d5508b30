"""What a panel needs of the store: pages, counts of what was charged, thumbnails, the calls under way."""

from __future__ import annotations

import gc
import io
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from tests.support.results import begin, save, submit
from volcv_client import config
from volcv_client.answer.envelope import RawAnswer
from volcv_client.calls.batch import BatchRun
from volcv_client.calls.call import Call, Phase
from volcv_client.client import Client
from volcv_client.errors import Cancelled, ModerationError, StoreError
from volcv_client.money import CallPrice
from volcv_client.store.entry import Entry, State
from volcv_client.store.result import ResultFile
from volcv_client.store.results import Filter, ResultStore

from .helpers import KEY, POOL, SMALL, client_for, finish, make, png, profile, sandbox, start, until
from .test_paying_once import A, B
from .test_store import PICTURE, files_of, held_by_another, result, write_again
from .test_store import impatient as impatient

MODEL = "high_aes_general_v14"


@pytest.fixture
def store(tmp_path: Path) -> ResultStore:
    return ResultStore(tmp_path / "results")


def spent(store: ResultStore, since: float = 0.0) -> dict[str, tuple[int, float | None]]:
    return {one.req_key: (one.calls, one.amounts.get("CNY")) for one in store.spending_since(since)}


def seeds(page: tuple[Sequence[Entry], int]) -> tuple[list[int | None], int]:
    entries, total = page
    return [one.result.seed for one in entries], total


def test_pages_with_their_total(store: ResultStore) -> None:
    for number in range(5):
        save(store, result(number, req_key="even" if number % 2 == 0 else "odd"), [PICTURE])
    assert seeds(store.listing(2)) == ([4, 3], 5)
    assert seeds(store.listing(2, 1, Filter(["even"]))) == ([2, 0], 3)
    assert seeds(store.listing(1, 1, Filter(words=[("1", ["even"])]))) == ([2], 4)
    assert seeds(store.listing(5, 5)) == ([], 5)
    assert store.models() == {"even": 3, "odd": 2}


def test_paid_answers_whose_pictures_are_still_to_come_are_listed(store: ResultStore) -> None:
    save(store, result(1), [PICTURE])
    save(store, result(2, image_urls=["https://a/1"]), problem="download_cut")
    begin(store, result(3)).sent()
    submit(store, result(4), "77")
    listed, total = store.listing(9)
    assert [(one.result.seed, one.state.value, one.problem) for one in listed] == [
        (2, "answered", "download_cut"),
        (1, "complete", ""),
    ]
    assert total == store.usage()[0] == 2 and [one.seed for one in store.newest(9)] == [1]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["fox"], [3, 1]),
        (["FOX", "snow"], [3]),
        (["\u72d0\u72f8"], [2]),
        (["\u72d0"], [2]),
        (["request-2"], [2]),
        (["high_aes"], [3, 2, 1]),
        (["100%_"], [1]),
        (["'; DROP"], []),
        (["dog"], []),
    ],
)
def test_words_are_searched_in_prompt_model_id_and_seed(store: ResultStore, words: list[str], found: list[int]) -> None:
    prompts = ["a Red FOX, 100%_ sharp", "\u96ea\u5730\u91cc\u7684\u72d0\u72f8", "fox in the snow"]
    for number, prompt in enumerate(prompts, 1):
        save(store, result(number, req_key="high_aes_general", request={"prompt": prompt}), [PICTURE])
    assert seeds(store.listing(9, wanted=Filter(words=[(word, []) for word in words]))) == (found, len(found))


def test_a_deleted_result_is_not_found_by_its_words(store: ResultStore) -> None:
    save(store, result(1), [PICTURE])
    store.forget("request-1")
    assert seeds(store.listing(9, wanted=Filter(words=[("a", [])]))) == ([], 0)


def test_a_row_s_number_is_never_given_to_another(store: ResultStore) -> None:
    first = save(store, result(1), [PICTURE])
    found = store.by_id(first.id)
    assert found is not None and found.request_id == "request-1"
    assert store.delete_id(first.id) == 1 and store.delete_id(first.id) == 0
    assert files_of(store) == set()
    assert save(store, result(2), [PICTURE]).id > first.id
    assert store.by_id(first.id) is None


def test_the_prompt_is_found_whatever_the_model_calls_it() -> None:
    assert result(request={"seed": 1, "prompt": "a"}).prompt == "a"
    assert result(request={"prompt": "", "positive_prompt": "b"}).prompt == "b"
    assert result(request={"prompt": 3}).prompt == result(request={}).prompt == ""


def test_what_was_charged_outlives_its_results(store: ResultStore) -> None:
    store.limit_bytes = 2 * len(PICTURE)
    for number, price in enumerate((CallPrice(1.5, "CNY"), None, CallPrice(2.0, "CNY"))):
        save(store, result(number, req_key="a", cost=10.0, price=price), [PICTURE])
    save(store, result(3, req_key="b"), [PICTURE])
    store.clear()
    assert store.usage() == (0, 0)
    assert spent(store) == {"a": (3, 3.5), "b": (1, None)}
    assert [(one.req_key, one.unpriced) for one in store.spending_since(0.0)] == [("a", 1), ("b", 1)]
    assert spent(ResultStore(store.folder)) == spent(store)


def test_charges_are_counted_from_a_time_on(store: ResultStore) -> None:
    now = time.time()
    for number, age in enumerate((10.0, 3600.0, 90_000.0)):
        save(store, result(number, created=now - age), [PICTURE])
    assert [spent(store, now - since)["key"][0] for since in (60.0, 7200.0, 100_000.0)] == [1, 2, 3]
    assert spent(store, now) == {}


def test_a_download_that_is_made_up_for_is_one_charge(store: ResultStore) -> None:
    price = CallPrice(2.0, "CNY")
    row = begin(store, result(price=price))
    row.answered(RawAnswer(200, {}, b"{}"), 1.0)
    paid = result(image_urls=["https://a/1"], price=price)
    row.read(paid, "links")
    assert spent(store) == {"key": (1, 2.0)}
    row.read(replace(paid, files=(ResultFile(data=PICTURE),)))
    assert spent(store) == {"key": (1, 2.0)}


def test_the_charge_and_the_result_are_one_transaction(store: ResultStore, impatient: None) -> None:
    save(store, result(1), [PICTURE])
    with held_by_another(store.folder):
        save(store, result(2), [PICTURE])
        assert store.usage()[0] == 1 and spent(store) == {"key": (1, None)}
    write_again(store)
    assert store.usage()[0] == 2 and spent(store) == {"key": (2, None)}


def test_calls_of_unknown_outcome_are_counted_apart(store: ResultStore) -> None:
    save(store, result(1), [PICTURE])
    for number, state in ((2, State.UNKNOWN), (3, State.FAILED)):
        with begin(store, result(number)) as row:
            row.sent()
            row.ended(state, "read_timeout")
    with begin(store, result(4)) as row:
        row.drop()
    submit(store, result(5), "77")
    assert [(one.calls, one.unknown) for one in store.spending_since(0.0)] == [(2, 2)]
    assert store.charged_since(0.0) == 4


def test_calls_are_counted_once_and_reuses_with_them(client: Client) -> None:
    make(client, A)
    make(client, {**A, "count": 2})
    make(client, A)
    rows = {one.seed: one for one in client.store.newest(9)}
    assert {seed: (one.charged, one.reuses) for seed, one in rows.items()} == {7: (True, 2), 8: (True, 0)}
    assert spent(client.store)[MODEL][0] == 2


def test_twins_count_as_reuses() -> None:
    with sandbox(delay=0.2) as server:
        client = client_for(profile(server.url, max_concurrency=4))
        for run in [start(client, A) for _ in range(3)]:
            finish(run)
        assert client.store.newest(1)[0].reuses == 2
        assert spent(client.store)[MODEL][0] == server.charged == 1


def test_the_sandbox_charges_nothing() -> None:
    client = client_for(config.profile("sandbox"))
    make(client, A)
    assert client.store.newest(1)[0].charged is False
    assert spent(client.store) == {}


def test_what_failed_before_the_work_is_not_counted(server: Gateway, client: Client) -> None:
    server.inject(Fault(code=50412))
    with pytest.raises(ModerationError):
        make(client, A)
    assert spent(client.store) == {}


def test_a_download_that_failed_is_counted_and_made_up_for_is_not(quick_retries: None) -> None:
    with sandbox(Fault(times=3, where="file", status=500)) as server:
        client = client_for(profile(server.url))
        with pytest.raises(Exception, match="did not hand out"):
            make(client, {**A, "return_url": True})
        assert spent(client.store)[MODEL][0] == 1
        make(client, {**A, "return_url": True})
        assert spent(client.store)[MODEL][0] == server.charged == 1


def test_the_revision_follows_every_change_here_and_elsewhere(store: ResultStore) -> None:
    other = ResultStore(store.folder)
    seen = [store.revision()]
    assert store.revision() == seen[-1]
    kept = save(store, result(1), [PICTURE])
    seen.append(store.revision())
    save(other, result(2), [PICTURE])
    seen.append(store.revision())
    other.delete_id(kept.id)
    seen.append(store.revision())
    store.journal.record_reuse(store.journal.of("print-2")[0])
    seen.append(store.revision())
    assert len(set(seen)) == len(seen)


def test_a_thumbnail_is_made_once_and_goes_with_its_result(store: ResultStore) -> None:
    kept = save(store, result(), [png(1200, 600), png(10, 40, "RGBA"), png(20, 20, "I;16")])
    thumbnails = [store.thumbnail(kept, position) for position in range(3)]
    sizes = []
    for path in thumbnails:
        with Image.open(path) as image:
            assert (image.format, image.mode) == ("JPEG", "RGB")
            sizes.append(image.size)
    assert sizes == [(256, 128), (10, 40), (20, 20)]
    before = thumbnails[0].stat().st_mtime_ns
    assert store.thumbnail(kept, 0).stat().st_mtime_ns == before
    with pytest.raises(IndexError):
        store.thumbnail(kept, 3)
    store.delete_id(kept.id)
    assert list((store.folder / "thumbnails").iterdir()) == []


def test_thumbnails_of_transparent_pictures_are_over_white(store: ResultStore) -> None:
    buffer = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(buffer, "PNG")
    with Image.open(store.thumbnail(save(store, result(), [buffer.getvalue()]), 0)) as image:
        assert min(image.getpixel((4, 4))) > 250  # type: ignore[type-var, arg-type]


@pytest.mark.parametrize("data", [b"\x89PNG\r\n\x1a\nbroken", b"<svg/>", png(64, 64)[:-30]])
def test_a_broken_picture_has_no_thumbnail(store: ResultStore, data: bytes) -> None:
    kept = save(store, result(), [data])
    with pytest.raises(StoreError):
        store.thumbnail(kept, 0)
    assert list((store.folder / "thumbnails").iterdir()) == []


def test_pruned_results_take_their_thumbnails_along(store: ResultStore) -> None:
    store.limit_bytes = len(PICTURE)
    first = save(store, result(1), [PICTURE])
    store.thumbnail(first, 0)
    save(store, result(2), [PICTURE])
    assert list((store.folder / "thumbnails").iterdir()) == []


def test_many_ask_for_the_same_thumbnail(store: ResultStore) -> None:
    kept = save(store, result(), [png(900, 900)])
    made: list[Path] = []
    threads = [threading.Thread(target=lambda: made.append(store.thumbnail(kept, 0))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8 and len(set(made)) == 1
    assert list((store.folder / "thumbnails").iterdir()) == [made[0]]


def mine(run: BatchRun) -> list[Call]:
    return [call for call in POOL.shared.active_calls() if call in run.calls]


def test_calls_are_under_way_until_they_end() -> None:
    with sandbox(delay=0.3) as server:
        client = client_for(profile(server.url, max_concurrency=1))
        run = start(client, {**SMALL, "seed": 1, "count": 2})
        assert mine(run) == run.calls
        until(lambda: run.calls[0].phase is Phase.WORKING)
        assert [one.number for one in mine(run)] == sorted(one.number for one in mine(run))
        finish(run)
        until(lambda: mine(run) == [])


def test_failed_and_cancelled_calls_leave_too(quick_retries: None) -> None:
    with sandbox(Fault(code=50412, times=None), delay=0.1) as server:
        client = client_for(profile(server.url))
        failed = start(client, A)
        with pytest.raises(ModerationError):
            finish(failed)
        cancelled = start(client, B)
        cancelled.cancel()
        with pytest.raises((Cancelled, ModerationError)):
            finish(cancelled)
        until(lambda: mine(failed) == mine(cancelled) == [])


def test_nothing_of_a_call_is_kept_when_it_is_over(client: Client) -> None:
    def ended_call() -> weakref.ref[Any]:
        run = start(client, A)
        finish(run)
        return weakref.ref(run.calls[0])

    call = ended_call()
    until(lambda: gc.collect() >= 0 and call() is None)


def test_a_call_that_is_submitted_again_keeps_its_number(client: Client) -> None:
    run = start(client, {**A, "seed": 3})
    numbers = [one.number for one in mine(run)]
    for call in run.calls:
        POOL.shared.add_active(call)
    assert [one.number for one in mine(run)] in (numbers, [])
    finish(run)


def test_a_key_is_in_no_row(client: Client) -> None:
    make(client, A)
    kept = client.store.newest(1)[0]
    assert KEY not in repr(replace(kept, files=()))

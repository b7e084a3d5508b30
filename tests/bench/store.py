"""The store: looking up, searching, and what the journal adds to a call."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from tests.support.results import begin, find, result_fields
from volcv_client.answer.envelope import RawAnswer
from volcv_client.errors import Charged
from volcv_client.store.database import Database
from volcv_client.store.entry import Entry, State, put
from volcv_client.store.files import StoreFiles
from volcv_client.store.result import Result, ResultFile
from volcv_client.store.results import Filter, ResultStore

from .rows import Row, median

PICTURE = b"\xff\xd8\xff" + bytes(500_000)
PROMPT = (
    "Layered mountain ridges in morning mist, number {number}, a pale sun rising over a calm valley, soft blue tones, "
    "fine detail, landscape photograph, {word} in the foreground"
)
WORDS = ("a heron", "two deer", "a fox", "a stone bridge", "an old fence")


def result(number: int) -> Result:
    request = {"prompt": PROMPT.format(number=number, word=WORDS[number % len(WORDS)])}
    return Result(**result_fields(number, request=request))


def fill(store: ResultStore, entries: int) -> None:
    """Rows of complete calls, whose files are not there."""

    def work(connection: object) -> None:
        for number in range(entries):
            files = (ResultFile(StoreFiles(store.folder).results / f"{number}.jpg"),)
            entry = Entry(replace(result(number), files=files), State.COMPLETE, charged=Charged.YES)
            put(connection, entry, len(PICTURE))  # type: ignore[arg-type]

    Database(store.folder / "index.db").write(work)


def milliseconds(work: Callable[[int], object], times: int) -> list[float]:
    """How long each of so many runs takes, fastest first; ``work`` gets its number."""
    taken = []
    for number in range(times):
        began = time.perf_counter()
        work(number)
        taken.append(1e3 * (time.perf_counter() - began))
    return sorted(taken)


def one_call(store: ResultStore, number: int) -> None:
    """What a call does in the journal and on the disk, from before its request leaves until its picture is stored."""
    with begin(store, result(number)) as row:
        row.sent()
        row.answered(RawAnswer(200, {}, PICTURE), 1.0)
        row.read(replace(row.entry.result, files=(ResultFile(data=PICTURE),)))


def run(quick: bool) -> list[Row]:
    """Looking up among 100,000 calls, searching 10,000, recording one."""
    many, some, times = (500, 100, 10) if quick else (100_000, 10_000, 60)
    with tempfile.TemporaryDirectory(prefix="volcv-bench-") as folder:
        empty, searched, full = (ResultStore(Path(folder) / name / "results") for name in ("empty", "some", "full"))
        for store in (empty, searched, full):
            store.limit_bytes = 10**15
        fill(searched, some)
        fill(full, many)
        found = milliseconds(lambda number: find(full, f"print-{number * (many // 301)}"), 301)
        absent = milliseconds(lambda number: find(full, f"other-{number}"), 301)
        common = milliseconds(lambda _: searched.listing(50, wanted=Filter(words=[("mountain", ()), ("fox", ())])), 9)
        nowhere = milliseconds(lambda _: searched.listing(50, wanted=Filter(words=[("submarine", ())])), 9)
        first = milliseconds(lambda number: one_call(empty, number), times)
        before = int(full.revision(), 16)
        later = milliseconds(lambda number: one_call(full, many + number), times)
        commits = (int(full.revision(), 16) - before) / times
        for store in (empty, searched, full):
            store.close()
    suite = f"store, {many} entries"
    return [
        Row(suite, "look up, found, median", median(found), "ms", 1.0),
        Row(suite, "look up, found, 99 %", found[-3], "ms"),
        Row(suite, "look up, not there, median", median(absent), "ms", 1.0),
        Row(f"store, {some} entries", "search, median", median(common), "ms", 100),
        Row(f"store, {some} entries", "search, nothing found, median", median(nowhere), "ms", 100),
        Row(suite, "commits of one call", commits, "", 4),
        Row(suite, "the journal's part of one call, 0.5 MB, median", median(later), "ms"),
        Row(suite, "the same in an empty store, median", median(first), "ms"),
    ]

"""Calls of several processes over one state folder that are killed at random, until every call has its picture."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .light import KEY
from .nodes import FOREIGN
from .rows import ROOT, Row, median
from .soak_service import Service, colour, soak_service

AT_ONCE = 3
"""Calls that a process starts together."""

ALLOWANCE = 16
"""``max_concurrency``: calls in flight of all processes."""

MOST_TRIES = 20
REPEATED = 3
"""Calls whose picture came last that a process asks for again after it was killed."""

STARTED_SECONDS = 0.5
"""A process is not killed before it has come so far."""

DEADLINE = 1800.0
"""Seconds after which the run has failed."""


@dataclass
class Worker:
    """A process that makes some calls, and is started again whenever it was killed. Its log has a line per call."""

    numbers: Sequence[int]
    log: Path
    url: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    starts: int = 0

    def start(self) -> None:
        done = list(dict.fromkeys(int(words[1]) for words in self.lines() if words[0] == "done"))
        known = set(done[:-REPEATED])
        numbers = [number for number in self.numbers if number not in known]
        given = json.dumps({"url": self.url, "numbers": numbers})
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.bench.soak", given],
                cwd=ROOT,
                env={**kept, "VOLCV_HOME": str(self.log.parent / "home"), "VOLCV_LANG": "en"},
                stdout=log,
                stderr=log,
            )
        self.started, self.starts = time.monotonic(), self.starts + 1

    def lines(self) -> list[list[str]]:
        """The words of each line of its log, without one that a kill has cut."""
        text = self.log.read_text(encoding="utf-8") if self.log.exists() else ""
        return [words for line in text.splitlines() if len(words := line.split()) == 3]

    def is_over(self) -> bool:
        """Whether it has ended by itself. Starts it again if it was killed."""
        assert self.process is not None
        code = self.process.poll()
        if code in (None, 0):
            return code == 0
        if code > 0 and sys.platform != "win32":
            raise RuntimeError(f"{self.log.read_text(encoding='utf-8')[-3000:]}\nended with code {code}")
        self.start()
        return False


@dataclass
class Soak:
    """A run of ``total`` calls in so many processes, which are killed up to ``kills`` times: half of them at moments
    that the service sees, half after so many seconds as chance will have it, ``pause`` at most.

    ``paid``: payments by seed; ``took``: seconds; ``pictures``: calls whose picture is there in the end.
    """

    total: int
    processes: int
    kills: int
    pause: float
    folder: Path
    workers: list[Worker] = field(default_factory=list)
    paid: Counter[int] = field(default_factory=Counter)
    took: float = 0.0
    pictures: int = 0

    def kill(self, pid: int) -> bool:
        """Kill a process that still runs; called from threads of the service."""
        for worker in self.workers:
            process = worker.process
            if process is not None and process.pid == pid and process.poll() is None:
                process.kill()
                return True
        return False

    def run(self, service: Service) -> None:
        """Make every call. Two processes at a time have the same calls, in the same order."""
        block = -(-self.total // self.processes)
        for place in range(self.processes):
            first, second = (range(at * block, min(self.total, (at + 1) * block)) for at in (place, place ^ 1))
            numbers = [*min(first, second, key=lambda one: one.start), *max(first, second, key=lambda one: one.start)]
            self.workers.append(Worker(numbers, self.folder / f"{place}.log", service.url))
        for worker in self.workers:
            worker.start()
        running, dice, began = list(self.workers), random.Random(13), time.monotonic()
        left, following = self.kills // 2, 0.0
        while running:
            now = time.monotonic()
            if now > began + DEADLINE:
                raise RuntimeError(f"calls are still open after {DEADLINE:g} s: {running[0].lines()[-9:]}")
            running = [worker for worker in running if not worker.is_over()]
            begun = [worker.process for worker in running if now - worker.started > STARTED_SECONDS]
            if begun and left and now > following:
                process = dice.choice(begun)
                left -= process is not None and service.kill(process.pid, "at any time")
                following = now + self.pause * dice.random()
            time.sleep(0.02)
        self.took, self.paid = time.monotonic() - began, service.paid.copy()

    def check(self, service: Service) -> None:
        """Ask for every call again while nothing goes wrong, and count the pictures that are there and cost nothing."""
        service.calm = True
        last = Worker(range(self.total), self.folder / "check.log", service.url)
        self.workers.append(last)
        last.start()
        while not last.is_over():
            time.sleep(0.02)
        self.pictures = len({words[1] for words in last.lines() if words[0] == "done" and words[2] == "reused"})

    def end(self) -> None:
        for worker in self.workers:
            if worker.process is not None:
                worker.process.kill()
                worker.process.wait()


@dataclass(frozen=True)
class Journal:
    """What the journal says in the end. ``yes`` and ``maybe``: charges of each call, by its seed."""

    yes: Counter[int]
    maybe: Counter[int]
    requests_paid_again: int
    unsettled: int
    sound: bool
    orphans: int

    @classmethod
    def read(cls, folder: Path) -> Journal:
        """Settle what killed processes left, sweep as after an hour, and look."""
        from volcv_client.store.files import StoreFiles
        from volcv_client.store.results import ResultStore

        store, files = ResultStore(folder), StoreFiles(folder).results
        for path in [*files.iterdir(), *folder.glob("*.part")]:
            os.utime(path, (time.time() - 2 * 3600,) * 2)
        store.journal.open_entries(10**6)
        store.sweep()
        with closing(sqlite3.connect(folder / "index.db")) as connection:
            rows = connection.execute("SELECT uid, seed, fingerprint, state, charged, record FROM calls").fetchall()
            sound = connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        known = {f"{uid}.answer" for uid, _, _, state, _, _ in rows if state == "answered"}
        known |= {name for *_, record in rows for name in json.loads(record).get("files", ())}
        again = Counter(fingerprint for _, _, fingerprint, _, charged, _ in rows if charged == "yes")
        return cls(
            yes=Counter(seed for _, seed, _, _, charged, _ in rows if charged == "yes"),
            maybe=Counter(seed for _, seed, _, _, charged, _ in rows if charged == "maybe"),
            requests_paid_again=sum(count > 1 for count in again.values()),
            unsettled=sum(state in ("sending", "sent") for _, _, _, state, _, _ in rows),
            sound=sound,
            orphans=sum(path.name not in known for path in files.iterdir()),
        )


def run(quick: bool) -> list[Row]:
    """2,000 calls in 20 processes that are killed 300 times; then all of them once more in one process."""
    total, processes, kills, pause = (40, 3, 4, 0.3) if quick else (2000, 20, 300, 2.0)
    with tempfile.TemporaryDirectory(prefix="volcv-soak-", ignore_cleanup_errors=True) as folder:
        soak = Soak(total, processes, kills, pause, Path(folder))
        try:
            with soak_service(soak.kill, kills) as service:
                soak.run(service)
                journal = Journal.read(Path(folder) / "home" / "results")
                soak.check(service)
        finally:
            soak.end()
        return rows(soak, service, journal)


def rows(soak: Soak, service: Service, journal: Journal) -> list[Row]:
    suite = f"long run of {soak.total} in {soak.processes} processes"
    paid, lines = soak.paid, [words for worker in soak.workers for words in worker.lines()]
    unknown = (paid - journal.yes - journal.maybe).total()
    commits = sorted(float(word) for kind, word, _ in lines if kind == "commit")
    told = Counter(word for kind, _, word in lines if kind == "failed")
    return [
        Row(suite, "calls without a picture at the end", soak.total - soak.pictures, "", 0),
        Row(suite, "requests paid again although their answer is in the journal", journal.requests_paid_again, "", 0),
        Row(suite, "payments that the journal knows nothing of", unknown, "", 0),
        Row(suite, "rows of dead processes that are not settled", journal.unsettled, "", 0),
        Row(suite, "failed integrity checks", int(not journal.sound), "", 0),
        Row(suite, "orphaned files", journal.orphans, "", 0),
        Row(suite, "kills", soak.kills - service.kills_left, ""),
        Row(suite, "payments without an answer", (paid - journal.yes).total(), ""),
        *(Row(suite, f"played: {name}", count, "") for name, count in sorted(service.played.items())),
        *(Row(suite, f"told: {name}", count, "") for name, count in sorted(told.items())),
        Row(suite, "time", soak.took, "s"),
        Row(suite, "journal commits", len(commits), ""),
        Row(suite, "a commit, median", 1e3 * median(commits), "ms"),
        Row(suite, "a commit, 99 %", 1e3 * commits[len(commits) * 99 // 100], "ms"),
    ]


def work() -> None:
    """Make calls in this process until each has its picture; a line for each try."""
    import requests

    from volcv_client import Client, Profile
    from volcv_client.calls import limiter, retry, task_call
    from volcv_client.errors import VolcvError
    from volcv_client.store.database import Database

    given = json.loads(sys.argv[1])
    requests.utils.default_user_agent = lambda name="": f"soak/{os.getpid()}"
    retry.RULES = tuple(replace(rule, first_wait=rule.first_wait / 10) for rule in retry.RULES)
    task_call.FIRST_POLL, task_call.LONGEST_POLL = 0.05, 0.2
    write = Database.write

    def timed(self: Database, *arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return write(self, *arguments, **options)
        finally:
            tell("commit", time.perf_counter() - began, "-")

    Database.write = timed  # type: ignore[method-assign]
    # Refusals are sprinkled at random, and processes that wait for the allowance do not meet.
    limiter.GROW_AFTER_SECONDS, limiter.GROW_AFTER_SUCCESSES = 1.0, 2
    client = Client(Profile(base_url=given["url"], api_key=KEY, max_concurrency=ALLOWANCE, timeout=20.0))
    waiting, tries = deque(given["numbers"]), Counter[int]()
    while waiting:
        numbers = [waiting.popleft() for _ in range(min(AT_ONCE, len(waiting)))]
        runs = [client.start(client.plan("any", seed=number, **inputs(number))) for number in numbers]
        for number, run in zip(numbers, runs, strict=True):
            run.wait()
            error = run.calls[0].error
            if error is None:
                result = run.result().results[0]
                assert result.files[0].image().getpixel((5, 5)) == colour(number), f"another call's picture: {number}"
                tell("done", number, "reused" if result.reused else "new")
            elif isinstance(error, VolcvError):
                tell("failed", number, error.key)
                tries[number] += 1
                waiting.extend([number] if tries[number] < MOST_TRIES else [])
            else:
                raise error


def inputs(number: int) -> dict[str, str]:
    """Every second call is a task."""
    mode = "task" if number % 2 else "synchronous"
    return {"req_key": "soak", "mode": mode, "body": json.dumps({"prompt": f"call {number}"})}


def tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


if __name__ == "__main__":
    work()

"""Paid calls of a Dask cluster

The code is the README's: two worker processes share one state folder and one gateway, fixed seeds.
"""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from distributed import Client as Dask
from distributed import LocalCluster

from tests.client.helpers import KEY
from tests.gateway import Fault, Gateway
from tests.support.waiting import until

from .conftest import T2I, Record

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
(RECIPE,) = [one for one in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "dask" in one]
ADDRESS = "tcp://scheduler:8786"
UNKNOWN = "may have been charged"


@dataclass
class Cluster:
    """Two workers in a folder, and the gateway that they call."""

    local: LocalCluster
    server: Gateway
    folder: Path

    def run(self, prompts: list[str], **inputs: object) -> dict[str, str]:
        """Run the recipe: what it prints for each job. A prompt is also the id of its job."""
        common = {"width": 128, "height": 128, "seed": 7, **inputs}
        jobs = [{"key": T2I, "id": prompt, "inputs": {"prompt": prompt, **common}} for prompt in prompts]
        (self.folder / "jobs.jsonl").write_text("\n".join(map(json.dumps, jobs)), encoding="utf-8")
        assert RECIPE.count(ADDRESS) == 1
        printed: dict[str, str] = {}

        def note(name: str, outcome: object) -> None:
            assert name not in printed
            printed[name] = str(outcome)

        code = compile(RECIPE.replace(ADDRESS, self.local.scheduler_address), "README.md", "exec")
        names = {"__name__": "__main__", "print": note}
        try:
            exec(code, names)
        finally:
            with suppress(KeyError):
                names["dask"].close()  # type: ignore[attr-defined]
        return printed

    def kill_one(self, when: Callable[[], object]) -> None:
        """Kill a worker once the condition holds, while the recipe runs."""
        with Dask(self.local) as dask:
            dask.wait_for_workers(2, timeout=20)
            (victim, _) = dask.run(os.getpid).values()

        def kill() -> None:
            until(when, 20)
            os.kill(victim, signal.SIGKILL)

        threading.Thread(target=kill, daemon=True).start()

    def sent(self) -> Counter[str]:
        """How often each prompt was sent."""
        return Counter(str(one.body["prompt"]) for one in self.server.requests if one.body)

    def unanswered(self) -> list[str]:
        """Prompts of charged calls whose answer has not left."""
        requests = self.server.requests
        return [str(one.body["prompt"]) for one in requests if one.body and one.charged and one.code is None]

    def pictures(self) -> list[str]:
        return sorted(path.name.partition("-")[0] for path in (self.folder / "out").iterdir())


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The workers of all scenes: each takes seconds to start."""
    folder = tmp_path_factory.mktemp("dask")
    with pytest.MonkeyPatch.context() as patch, Gateway(api_keys=(KEY,)) as server:
        patch.chdir(folder)
        environment = {"VOLCV_BASE_URL": server.url, "VOLCV_API_KEY": KEY, "VOLCV_HOME": str(folder)}
        workers = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "env": environment}
        quiet = {"dashboard_address": None, "silence_logs": logging.CRITICAL, "local_directory": str(folder)}
        with LocalCluster(**workers, **quiet) as local:
            yield Cluster(local, server, folder)


@pytest.fixture
def cluster(started: Cluster) -> Cluster:
    started.server.clear()
    out = started.folder / "out"
    out.mkdir(exist_ok=True)
    for path in out.iterdir():
        path.unlink()
    return started


def test_a_worker_is_killed_while_the_service_works(cluster: Cluster, record: Record) -> None:
    """Both workers have answered jobs, and one at the service."""
    jobs = ["a", "b", "c", "d", "e", "f"]
    cluster.server.inject(Fault(code=50412, match=lambda body: body.get("prompt") == "rude"))
    cluster.server.inject(Fault(stall=1.5, times=2, match=lambda body: body.get("prompt") not in ("a", "b")))
    cluster.kill_one(lambda: len(cluster.unanswered()) == 2)
    printed = cluster.run([*jobs, "rude"])
    assert cluster.pictures() == jobs
    assert "50412" in printed.pop("rude"), "an error comes back as it was, and stops nothing"
    (again,) = [name for name, outcome in printed.items() if UNKNOWN in outcome]
    assert cluster.sent() == Counter([*jobs, again, "rude"])
    assert cluster.server.charged == 7
    outcome = "the other worker has what was answered; the call at the service is sent again, and its notes say so"
    record("kill -9 of one of two workers while the service works, 6 tasks", 7, cluster.server.charged, outcome)


def test_a_worker_is_killed_once_the_answer_has_arrived(cluster: Cluster, record: Record) -> None:
    jobs = ["g", "h", "i", "j"]
    cluster.server.inject(Fault(where="file", stall=1.5, times=2))
    answers = cluster.folder / "results" / "media"
    cluster.kill_one(lambda: len(list(answers.glob("*.answer"))) == 2)
    printed = cluster.run(jobs, return_url=True)
    assert cluster.pictures() == jobs and cluster.sent() == Counter(jobs) and cluster.server.charged == 4
    assert not any(UNKNOWN in outcome for outcome in printed.values())
    outcome = "the other worker fetches what was paid"
    record("kill -9 of one of two workers while links download, 4 tasks", 4, cluster.server.charged, outcome)


def test_one_refusal_slows_both_workers(cluster: Cluster, record: Record) -> None:
    """The last scene: their allowance stays low for a minute."""
    jobs = ["k", "l", "m", "n", "o", "p", "q", "r"]
    with Dask(cluster.local) as dask:
        dask.wait_for_workers(2, timeout=20)
    cluster.server.inject(Fault(code=50430, match=lambda _: cluster.server.peak_in_flight == 2))
    cluster.server.inject(Fault(stall=0.2, times=None))
    printed = cluster.run(jobs)
    assert cluster.pictures() == jobs and not any(printed.values()), printed
    requests = cluster.server.requests
    refused = [one.code for one in requests].index(50430)
    assert len(requests) == 9 and cluster.server.charged == 8
    assert {one.in_flight for one in requests[refused + 1 :]} == {1}, "half of the two that were allowed"
    outcome = "sent again after a pause; both workers together have one call in flight from then on"
    record("One 50430, two workers, max_concurrency 2, 8 tasks", len(requests), cluster.server.charged, outcome)

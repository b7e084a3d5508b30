"""Fixtures of the scenes: a gateway, the command as a process of its own, and the table of what came of each."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from os import environ

import pytest

from tests.client.helpers import KEY
from tests.gateway import Gateway
from tests.support.docs import cells, part, write_part, writing
from volcv_client.calls import retry, task_call

SMALL = ("--prompt", "a cat", "--width", "64", "--height", "64")
T2I = "high_aes_general_v14"


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def pictures(self) -> int:
        return len(self.out.split())


class Command:
    """A ``volcv`` process."""

    def __init__(self, *arguments: object, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "volcv_client", *map(str, arguments)],
            env={**environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Whoever runs the tests may ignore the signal, and a child inherits that.
            preexec_fn=None if sys.platform == "win32" else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def ended(self, seconds: float = 40.0) -> Ended:
        out, err = self.process.communicate(timeout=seconds)
        assert "Traceback" not in err, err
        return Ended(self.process.returncode, out, err)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway that the environment points to, for this process and its children."""
    with Gateway(api_keys=(KEY,)) as gateway:
        monkeypatch.setenv("VOLCV_BASE_URL", gateway.url)
        monkeypatch.setenv("VOLCV_API_KEY", KEY)
        yield gateway


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "RULES", tuple(replace(rule, first_wait=0.001) for rule in retry.RULES))
    monkeypatch.setattr(task_call, "FIRST_POLL", 0.02)
    monkeypatch.setattr(task_call, "LONGEST_POLL", 0.05)
    monkeypatch.setattr(task_call, "GONE_SECONDS", 0.05)


ROWS: dict[str, list[str]] = {}
HEAD = "| Scene | Calls | Charged | What happens |\n|---|---|---|---|\n"
Record = Callable[[str, int, int, str], None]


@pytest.fixture(scope="module")
def record(request: pytest.FixtureRequest) -> Iterator[Record]:
    """Notes a scene for the page: its name, calls and charges as the server counted them, and what happens."""
    name = (request.module.__doc__ or "").splitlines()[0].rstrip(".")
    rows: list[str] = []

    def note(scene: str, calls: int, charged: int, outcome: str) -> None:
        row = cells(scene, calls, charged, outcome)
        rows.append(row)
        assert writing() or row in part(name), "run it again with VOLCV_WRITE_DOCS=1"

    yield note
    if writing():
        write_part(name, f"\n## {name}\n\n{HEAD}" + "\n".join(dict.fromkeys(rows)) + "\n")

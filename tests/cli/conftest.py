"""Fixtures of the command's tests: the command in this process, a sandbox over loopback, small picture files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from tests.gateway import Gateway
from volcv_client.__main__ import main
from volcv_client.cli import follow

KEY = "canary-0c9e51d7f2a84b36"


@dataclass(frozen=True)
class Ran:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def paths(self) -> list[Path]:
        """The files that it printed."""
        return [Path(line) for line in self.out.splitlines()]


Command = Callable[..., Ran]


@pytest.fixture
def volcv(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs ``volcv`` with the given arguments."""

    def run(*arguments: object) -> Ran:
        capsys.readouterr()
        code = main([str(one) for one in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a call looks often."""
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    """A gateway that the environment points to."""
    with Gateway(api_keys=(KEY,)) as one:
        monkeypatch.setenv("VOLCV_BASE_URL", one.url)
        monkeypatch.setenv("VOLCV_API_KEY", KEY)
        yield one


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A picture of 96 x 64."""
    path = tmp_path / "photo.png"
    Image.radial_gradient("L").resize((96, 64)).convert("RGB").save(path)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a jobs file may be written."""
    return tmp_path / "work.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where its pictures go."""
    return tmp_path / "out"

"""The progress line, aligned columns, and how arguments are read."""

from __future__ import annotations

import io
import time
from argparse import ArgumentTypeError
from types import SimpleNamespace
from typing import Any

import pytest

from volcv_client.calls.call import Phase
from volcv_client.cli import follow, terminal
from volcv_client.cli.options import control, spelled
from volcv_client.cli.parser import choice, slug
from volcv_client.cli.terminal import Progress, columns, shorten, width


class Terminal(io.TextIOWrapper):
    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding)

    def isatty(self) -> bool:
        return True

    @property
    def text(self) -> str:
        self.flush()
        assert isinstance(self.buffer, io.BytesIO)
        return self.buffer.getvalue().decode(self.encoding)


def test_the_bar_rewrites_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    progress = Progress(stream=stream)
    progress.update(1, 4, "a long status " * 9)
    progress.update(2, 4, "short")
    progress.clear()
    assert "\n" not in stream.text
    _, first, second, wiped, end = stream.text.split("\r")
    assert 55 <= width(first) <= 59 and first.count("\u2588") == 5
    assert second.count("\u2588") == 10 and width(second) == width(first), "the rest of the longer line is wiped"
    assert not wiped.strip() and end == ""


def test_the_bar_is_plain_where_blocks_cannot_be_shown() -> None:
    stream = Terminal("ascii")
    Progress(stream=stream).update(1, 2, "status")
    assert "##########.........." in stream.text


def test_a_file_gets_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(terminal, "time", SimpleNamespace(monotonic=lambda: now))
    stream, silent = io.StringIO(), io.StringIO()
    progress, quiet = Progress(stream=stream), Progress(quiet=True, stream=silent)
    for second in range(12):
        now = float(second)
        for one in (progress, quiet):
            one.update(0, 1, f"at the service, {second} s")
    assert stream.getvalue().splitlines() == ["at the service, 5 s", "at the service, 10 s"]
    assert silent.getvalue() == ""


def test_columns_count_wide_characters() -> None:
    wide = "\u56fe\u7247"
    assert width(wide) == 4
    assert columns([[wide, "x"], ["ab", "y"]]) == [f"{wide}  x", "ab    y"]
    assert width(shorten(wide * 20, 11)) <= 11 and shorten("short", 11) == "short"


def test_spellings() -> None:
    assert spelled(["--a_b", "c_d", "--e_f=g_h", "-1"]) == ["--a-b", "c_d", "--e-f=g_h", "-1"]
    read = choice(["Top Left Light", "from light_image"])
    assert slug("from light_image") == "from-light-image"
    assert read("top_left_light") == "Top Left Light" and read("From-Light-Image") == "from light_image"
    with pytest.raises(ArgumentTypeError):
        read("moon")


def test_controls_may_have_windows_paths() -> None:
    assert control(r"C:\pictures\edges.png:canny:0.5") == (r"C:\pictures\edges.png", "canny", 0.5)
    for text in ("edges.png", "canny:0.5", "edges.png:canny", "edges.png:moon:1", "edges.png:pose:-1", ":pose:1"):
        with pytest.raises(ArgumentTypeError):
            control(text)


def test_a_second_ctrl_c_leaves_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[str] = []
    run: Any = SimpleNamespace(
        calls=[SimpleNamespace(phase=Phase.WORKING)],
        done=0,
        ended=False,
        exit_wait=30.0,
        status=lambda: "",
        cancel=lambda: told.append("cancel"),
        abandon=lambda: told.append("abandon"),
    )

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(follow, "time", SimpleNamespace(sleep=interrupt, monotonic=time.monotonic))
    with pytest.raises(KeyboardInterrupt):
        follow.follow(follow.Runs([run]), Progress(quiet=True))
    assert told == ["cancel", "abandon"]
    shown = capsys.readouterr().err
    assert "stored" in shown and "`volcv tasks` lists them" in shown

"""The bench runs and yields every row; how fast things are is for people to read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bench import bench
from tests.bench.rows import Row
from volcv_client import cli
from volcv_client.cli import bench as command
from volcv_client.cli import checkout

WITHOUT_COMFY = ("conversions", "wall", "loop", "memory", "store", "long-run")


def test_every_measurement_can_be_asked_for() -> None:
    assert tuple(bench.SUITES) == command.NAMES


@pytest.mark.timeout(300)
def test_a_quick_run_yields_its_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bench.json"
    only = [part for name in WITHOUT_COMFY for part in ("--only", name)]
    assert cli.main(["bench", "--quick", "-o", str(file), *only]) == 0
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    names = {(row["suite"].split(",")[0].split(" of ")[0], row["name"]) for row in rows}
    assert {
        ("conversions 64 px", "to base64, default"),
        ("conversions 64 px", "from base64, PNG"),
        ("conversions 64 px", "default encoding, SSIM"),
        ("wall time", "two independent nodes"),
        ("wall time", "encoding inside another's flight, C=1"),
        ("host's loop", "longest gap, lossless, median"),
        ("memory", "peak / tensors"),
        ("store", "look up, found, median"),
        ("store", "search, median"),
        ("store", "commits of one call"),
        ("long run", "most payments for one request"),
        ("long run", "requests paid again although their answer is in the journal"),
        ("long run", "a commit, median"),
    } <= names
    long = {row["name"]: row["value"] for row in rows if row["suite"].startswith("long run")}
    assert long["calls without an end"] == 0 and long["most payments for one request"] == 1
    kills = [row for row in rows if row["suite"].endswith("processes")]
    assert long["kills"] > 0 and [row["name"] for row in kills if row["met"] is False] == []
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == len(rows) and "targets met" in shown.err


def test_without_a_checkout_it_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checkout, "CHECKOUT", tmp_path)
    assert cli.main(["bench"]) == 2
    assert "git checkout" in capsys.readouterr().err


def test_a_target_is_met_missed_or_absent() -> None:
    assert [Row("s", "n", 2.0, "", *rest).met for rest in ((), (2.0,), (1.0,), (1.0, False), (3.0, False))] == [
        None,
        True,
        False,
        True,
        False,
    ]

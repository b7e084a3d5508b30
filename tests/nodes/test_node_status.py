"""What a node keeps showing after a run: headline, buttons, previews; and how far its bar is while a call waits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from volcv_pack.nodes import status
from volcv_pack.nodes.previews import previews
from volcv_pack.nodes.progress import course
from volcv_pack.nodes.server.settings import Requester, snapshot
from volcv_pack.volcv_client.calls.call import Call, Phase
from volcv_pack.volcv_client.catalog import model
from volcv_pack.volcv_client.errors import (
    BatchError,
    BudgetError,
    BusyError,
    CredentialError,
    InputError,
    LostAnswerError,
    ModerationError,
    NotSentError,
    RefusedError,
    SetupError,
    VolcvError,
)
from volcv_pack.volcv_client.store.result import ResultFile

from tests.client.helpers import png

TEXT_TO_IMAGE = model("high_aes_general_v14")
HERE = Requester(remote="127.0.0.1", host="127.0.0.1:8188")


@pytest.mark.parametrize(
    ("error", "headline", "actions"),
    [
        (SetupError("not_configured"), "Enter a key, or try the sandbox.", ("sandbox", "key")),
        (SetupError("no_key"), "Enter the API key in the settings.", ("key", "sandbox")),
        (SetupError("unknown_profile", name="x", known="default"), "Use one of: default.", ("settings",)),
        (CredentialError("gateway_auth", http_status=401), "Check the key.", ("key", "settings")),
        (RefusedError("html_answer", host="h", shown=""), "Correct the gateway's address.", ("key", "settings")),
        (
            LostAnswerError("timeout", seconds=90),
            "Run again only if you accept a second charge.",
            ("retry",),
        ),
        (
            NotSentError("not_connected", host="h"),
            "Check the gateway's address and the network.",
            ("retry", "settings"),
        ),
        (BusyError("50430", code=50430), "Run again later, or lower max_concurrency.", ("retry",)),
        (BudgetError("daily_limit", needed=4, left=1, limit=10), "Send fewer, or raise daily_limit.", ("settings",)),
        (ModerationError("50412", code=50412), "Change the prompt.", ()),
        (InputError("empty_text", name="prompt"), "Fill it in.", ()),
    ],
)
def test_a_failure_says_first_what_to_do(error: VolcvError, headline: str, actions: tuple[str, ...]) -> None:
    shown = status.failed(error)
    assert shown.kind == "error" and shown.actions == actions
    assert shown.lines[:2] == (headline, error.message)
    assert all(fact in str(shown) for fact in (error.advice.split(". ")[-1], error.facts()))


def test_a_batch_offers_what_its_first_failure_offers() -> None:
    refused = BatchError([(2, CredentialError("gateway_auth")), (3, BusyError("50430"))], 4)
    assert status.failed(refused).actions == ("key", "settings")
    partly = status.failed(BatchError([(2, ModerationError("50511"))], 4))
    assert partly.actions == ("retry",) and partly.lines[0] == "Run again: what worked (3) stays paid."
    nothing = status.failed(BatchError([(1, BusyError("50430"))] * 2, 2))
    assert nothing.lines[0].startswith("Run again later") and " 0 " not in str(nothing)


def test_the_settings_say_what_to_do_before_anything_is_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VOLCV_API_KEY", "VOLCV_BASE_URL", "VOLCV_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path))
    assert snapshot()["advice"]["actions"] == ("sandbox", "key")
    monkeypatch.setenv("VOLCV_PROFILE", "sandbox")
    assert snapshot()["advice"] is None


def call(phase: Phase, seconds: float = 0.0, now: float = 0.0) -> Call:
    one = Call(TEXT_TO_IMAGE, 1, random_seed=False)
    one.enter(phase)
    one.phase_since = now - seconds
    return one


def test_the_bar_moves_with_time_and_never_says_done_before_the_answer() -> None:
    now = time.monotonic()
    shares = [course([call(Phase.WORKING, seconds, now)], 10.0, now).done for seconds in (0, 1, 5, 9, 10, 20, 1000)]
    assert shares == sorted(shares) and shares[0] == 0 and shares[4] == pytest.approx(0.9)
    assert shares[-2] > shares[-3] and shares[-1] < 1
    assert course([call(Phase.DONE)], 10.0, now).done == 1


def test_the_seconds_left_count_the_calls_that_still_wait() -> None:
    now = time.monotonic()
    assert course([call(Phase.WORKING, 4, now)], 16.5, now).left == 12
    assert course([call(Phase.WORKING, 40, now)], 16.5, now).left == 0
    waiting = [call(Phase.WAITING), call(Phase.QUEUED)]
    assert course([call(Phase.WORKING, 4, now), call(Phase.WORKING, 8, now), *waiting], 10.0, now).left == 16
    assert course(waiting, 10.0, now).left == 0, "nobody knows when the first begins"


def test_previews_are_the_files_as_they_came(tmp_path: Path) -> None:
    pictures = [png(8, 8, colour=color) for color in ("red", "blue", "red")]
    shown = previews([ResultFile(data=data) for data in pictures], tmp_path / "temp")
    names = [one["filename"] for one in shown["images"]]
    assert names[0] == names[2] != names[1] and "animated" not in shown
    assert [(tmp_path / "temp" / name).read_bytes() for name in names] == pictures
    assert sorted(path.name for path in (tmp_path / "temp").iterdir()) == sorted(set(names))


def test_a_video_is_shown_as_one(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    shown = previews([ResultFile(film)], tmp_path / "temp")
    assert shown["animated"] == [True] and shown["images"][0]["filename"].endswith(".mp4")
    assert (tmp_path / "temp" / shown["images"][0]["filename"]).read_bytes() == film.read_bytes()


def test_what_cannot_be_shown_does_not_fail_a_paid_run(tmp_path: Path) -> None:
    (tmp_path / "temp").write_text("a file where the folder should be", encoding="ascii")
    assert previews([ResultFile(data=png(8, 8))], tmp_path / "temp") == {"images": []}
    assert previews([ResultFile(tmp_path / "gone.png")], tmp_path)["images"] == []

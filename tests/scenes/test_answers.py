"""Paid calls whose answer cannot be used

Requests of fixed seed unless the scene says otherwise.
"""

from __future__ import annotations

import base64
import io
import json
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.client.helpers import SMALL, client_for, make, png, profile
from tests.client.wire import Script, WireServer
from tests.gateway import Fault, Gateway
from volcv_client import config
from volcv_client.errors import BadAnswerError, DownloadError, LostAnswerError, VolcvError
from volcv_client.store.entry import State

from .conftest import Command, Record

A = {**SMALL, "prompt": "A", "seed": 7}
LINKS = {**A, "return_url": True}
Edit = Callable[[dict[str, Any]], dict[str, Any]]
GOOD = base64.b64encode(png(64, 64)).decode()
BROKEN = base64.b64encode(png(64, 64)[:-40]).decode()


def data(**values: Any) -> Edit:
    return lambda answer: {**answer, "data": {**answer["data"], **values}}


def film() -> str:
    """A picture format that no decoder here reads."""
    return base64.b64encode(b"\x00\x00\x00\x18ftypheic" + bytes(400)).decode()


UNREADABLE: dict[str, Edit] = {
    "a truncated picture": data(binary_data_base64=[BROKEN]),
    "unreadable base64": data(binary_data_base64=["!!! no base64 !!!"]),
    "a format that this Pillow cannot read": data(binary_data_base64=[film()]),
    "no picture at all": data(binary_data_base64=[], image_urls=[]),
    "an unknown shape": lambda answer: {"outcome": answer["data"]},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_answer_that_nobody_can_read(name: str, server: Gateway, tmp_path: Path, record: Record) -> None:
    server.inject(Fault(edit=UNREADABLE[name]))
    client = client_for(profile(server.url))
    with pytest.raises(BadAnswerError) as caught:
        make(client, A)
    (entry,) = client.store.journal.open_entries(9)
    text = str(caught.value)
    file = client.store.journal.answer_file(entry)
    assert str(file) in text and json.loads(file.read_bytes())
    assert f"volcv recall {entry.name}" in text and f"volcv forget {entry.name}" in text
    with pytest.raises(BadAnswerError):
        make(client, A)
    assert server.charged == len(server.requests) == 1
    record(f"The answer holds {name}, two runs", 1, 1, "the answer is kept; an error says how to read or discard it")
    assert Command("forget", entry.name).ended().code == 0
    assert len(make(client, A).pictures) == 1 and server.charged == 2


def test_what_could_not_be_read_is_read_later(server: Gateway, record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    from volcv_client.images import decode

    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "BMP")
    server.inject(Fault(edit=data(binary_data_base64=[base64.b64encode(picture.getvalue()).decode()])))
    client = client_for(profile(server.url))
    with monkeypatch.context() as patch:
        patch.setattr(decode, "answer_formats", lambda: ("PNG", "JPEG"))
        with pytest.raises(BadAnswerError):
            make(client, A)
    assert make(client, A).results[0].reused and server.charged == 1
    record("The next version of Pillow reads the format", 1, 1, "the same request has the picture")


def test_a_broken_picture_among_good_ones(server: Gateway, record: Record) -> None:
    server.inject(Fault(edit=data(binary_data_base64=[GOOD, BROKEN, GOOD])))
    client = client_for(profile(server.url))
    for reused in (False, True):
        outcome = make(client, A)
        assert len(outcome.pictures) == 2 and outcome.results[0].reused is reused
        assert any("could not be used" in note and ".answer" in note for note in outcome.notes)
    assert server.charged == len(server.requests) == 1
    record("A broken picture among good ones, two runs", 1, 1, "the good ones, and a note that names the kept answer")


def test_a_broken_picture_beside_its_link(server: Gateway, record: Record) -> None:
    link = f"{server.url}/files/good.png"
    server.inject(
        Fault(edit=data(binary_data_base64=[BROKEN], image_urls=[link])),
        Fault(where="file", status=200, body=png(64, 64), content_type="image/png"),
    )
    outcome = make(client_for(profile(server.url)), A)
    assert len(outcome.pictures) == 1 and not outcome.problems and server.charged == 1
    record("A broken picture beside a good link", 1, 1, "the picture, by its link")


@pytest.mark.parametrize("reuse", [True, False])
def test_a_download_that_failed_with_a_random_seed(
    reuse: bool, server: Gateway, tmp_path: Path, record: Record
) -> None:
    server.inject(Fault(where="file", status=500, times=None))
    client = client_for(profile(server.url, reuse=reuse))
    with pytest.raises(DownloadError) as caught:
        make(client, {**LINKS, "seed": -1})
    name = caught.value.request_id
    assert f"volcv recall {name}" in str(caught.value) and "without paying again" in str(caught.value)
    (listed,) = json.loads(Command("tasks", "--json").ended().out)
    assert (listed["state"], listed["request_id"], listed["charged"]) == ("answered", name, "yes")
    server.clear()
    ended = Command("recall", name, "-o", tmp_path).ended()
    assert ended.pictures == 1 and server.charged == 0, ended.err
    record(f"The download failed, seed -1, reuse {'on' if reuse else 'off'}", 1, 1, "`volcv recall` has the picture")


def age(seconds: float) -> None:
    with sqlite3.connect(config.home() / "results" / "index.db") as connection:
        connection.execute("UPDATE calls SET created = created - ?", (seconds,))
    connection.close()


def test_links_that_have_expired(server: Gateway, record: Record) -> None:
    server.inject(Fault(where="file", status=403, times=2))
    client = client_for(profile(server.url))
    for _ in range(2):
        with pytest.raises(DownloadError):
            make(client, LINKS)
    assert server.charged == 1
    record("A young link answers 403, two runs", 1, 1, "an error that says how to fetch it")
    age(25 * 3600)
    server.inject(Fault(where="file", status=403))
    outcome = make(client, LINKS)
    assert any("a new one was requested" in note for note in outcome.notes) and server.charged == 2
    record("A link of 25 hours ago answers 403", 2, 2, "requested anew, with a note")


@pytest.mark.parametrize("seed", [7, -1])
def test_an_answer_that_never_arrived(seed: int, server: Gateway, record: Record) -> None:
    server.inject(Fault(cut="before_headers"))
    client = client_for(profile(server.url))
    values = {**A, "seed": seed}
    with pytest.raises(LostAnswerError):
        make(client, values)
    (entry,) = client.store.journal.open_entries(9)
    assert entry.state is State.UNKNOWN
    (spent,) = client.store.spending_since(0.0)
    assert (spent.calls, spent.unknown) == (0, 1)
    when = time.strftime("%H:%M", time.localtime(entry.result.created))
    outcome = make(client, values)
    assert any(when in note and "may have been charged" in note for note in outcome.notes)
    (spent,) = client.store.spending_since(0.0)
    assert (spent.calls, spent.unknown) == (1, 1) and server.charged == 2
    assert "no answer arrived" in Command("tasks").ended().out
    record(f"The answer never arrived, seed {seed}, two runs", 2, 2, "the second run says so, and sends it again")


def test_a_request_that_never_left_is_no_charge(record: Record) -> None:
    with WireServer(Script(read="nothing", reset=True)) as wire:
        client = client_for(profile(wire.url))
        with pytest.raises(VolcvError):
            make(client, {**A, "prompt": "x" * 3_000_000})
        assert [one.state for one in client.store.journal.open_entries(9)] in ([], [State.UNKNOWN])

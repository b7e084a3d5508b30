"""What was answered is paid: it is read, downloaded or fetched again, and not requested anew while it can be had."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Fault, Gateway
from volcv_client.client import Client
from volcv_client.errors import (
    BadAnswerError,
    DownloadError,
)
from volcv_client.images import batch
from volcv_client.images.decode import decode_image

from .helpers import (
    client_for,
    error_of,
    make,
    png,
    profile,
    sandbox,
    start,
    until,
)
from .test_paying_once import LINKS, A


def test_a_download_that_failed_after_payment_is_made_up_for_without_paying(quick_retries: None) -> None:
    with sandbox(Fault(times=3, where="file", status=500)) as server:
        client = client_for(profile(server.url))
        with pytest.raises(DownloadError) as caught:
            make(client, LINKS)
        again = make(client, LINKS)
        assert len(again.pictures) == 1
        assert again.results[0].request_id == caught.value.request_id
        assert again.results[0].reused
        assert make(client, LINKS).results[0].files == again.results[0].files
        assert server.charged == len(server.requests) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(times=None, where="file", status=503),
        Fault(times=None, where="file", cut="in_body"),
        Fault(times=None, where="file", cut="in_headers"),
        Fault(times=None, where="file", status=200, body=b"", content_type="image/png"),
        Fault(times=None, where="file", status=200, body=b"<html>", content_type="text/html"),
        Fault(times=None, where="file", status=200, body=png(64, 64)[:-20], content_type="image/png"),
    ],
    ids=["503", "cut", "cut in headers", "empty", "web page", "truncated"],
)
def test_as_long_as_the_link_lives_nothing_is_paid_again(quick_retries: None, fault: Fault) -> None:
    with sandbox(fault) as server:
        client = client_for(profile(server.url))
        for _ in range(3):
            with pytest.raises((DownloadError, BadAnswerError)) as caught:
                make(client, LINKS)
            assert caught.value.request_id
        assert server.charged == len(server.requests) == 1
        server.clear()
        assert make(client, LINKS).results[0].reused
        assert server.charged == len(server.requests) == 0


def grow_old(client: Client, hours: float) -> None:
    """Move every call of the journal into the past."""
    with closing(sqlite3.connect(client.store.folder / "index.db")) as connection, connection:
        connection.execute("UPDATE calls SET created = created - ?", (hours * 3600,))


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_dead_link_is_not_paid_again_while_it_should_live(quick_retries: None, status: int) -> None:
    with sandbox(Fault(times=None, where="file", status=status)) as server:
        client = client_for(profile(server.url))
        for _ in range(3):
            with pytest.raises(DownloadError) as caught:
                make(client, LINKS)
            name = caught.value.request_id
            assert name and f"volcv recall {name}" in str(caught.value)
            grow_old(client, 7)
        assert server.charged == len(server.requests) == 1
        grow_old(client, 7)
        with pytest.raises(DownloadError):
            make(client, LINKS)
        assert len(server.requests) == 2, "older than 24 hours: requested anew, and refused again"


def test_an_old_link_that_is_dead_is_paid_again_with_a_note(quick_retries: None) -> None:
    with sandbox(Fault(times=2, where="file", status=403)) as server:
        client = client_for(profile(server.url))
        with pytest.raises(DownloadError) as caught:
            make(client, LINKS)
        grow_old(client, 25)
        outcome = make(client, LINKS)
        assert not outcome.results[0].reused and server.charged == 2
        assert any(caught.value.request_id in note and "new one was requested" in note for note in outcome.notes)
        assert [one.calls for one in client.store.spending_since(0.0)] == [2]


def test_an_old_link_that_lives_is_used(quick_retries: None) -> None:
    with sandbox(Fault(times=1, where="file", status=403)) as server:
        client = client_for(profile(server.url))
        with pytest.raises(DownloadError):
            make(client, LINKS)
        grow_old(client, 100)
        assert make(client, LINKS).results[0].reused and server.charged == 1


def test_what_is_forgotten_is_paid_anew(quick_retries: None) -> None:
    with sandbox(Fault(times=1, where="file", status=403)) as server:
        client = client_for(profile(server.url))
        with pytest.raises(DownloadError) as caught:
            make(client, LINKS)
        assert client.store.forget(caught.value.request_id) == 1
        assert not make(client, LINKS).results[0].reused
        assert server.charged == client.store.spending_since(0.0)[0].calls == 2


def damage_file(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


SPOILT = pytest.mark.parametrize("spoil", [damage_file, Path.unlink], ids=["damaged", "deleted"])


def spoil_files(client: Client, spoil: Callable[[Path], object]) -> None:
    for path in (client.store.folder / "media").iterdir():
        spoil(path)


@SPOILT
def test_a_spoilt_stored_picture_is_paid_again_once(
    client: Client, server: Gateway, spoil: Callable[[Path], object]
) -> None:
    first = make(client, A).results[0]
    spoil_files(client, spoil)
    outcome = make(client, A)
    assert not outcome.results[0].reused and any(first.request_id in note for note in outcome.notes)
    assert make(client, A).results[0].reused
    assert server.charged == client.store.spending_since(0.0)[0].calls == 2


@SPOILT
def test_a_spoilt_stored_picture_comes_again_by_its_link(
    client: Client, server: Gateway, spoil: Callable[[Path], object]
) -> None:
    first = make(client, LINKS).results[0]
    spoil_files(client, spoil)
    again = make(client, LINKS).results[0]
    assert again.reused and again.request_id == first.request_id
    assert again.pictures[0].read() == first.pictures[0].read()
    assert make(client, LINKS).results[0].reused
    assert server.charged == len(server.requests) == 1


@SPOILT
def test_a_spoilt_stored_picture_with_a_dead_link_is_paid_again(
    client: Client, server: Gateway, spoil: Callable[[Path], object]
) -> None:
    make(client, LINKS)
    spoil_files(client, spoil)
    server.inject(Fault(times=1, where="file", status=404))
    outcome = make(client, LINKS)
    assert not outcome.results[0].reused and any("new one was requested" in note for note in outcome.notes)
    assert server.charged == 2


def test_an_answer_whose_file_is_gone_is_paid_again(server: Gateway, client: Client) -> None:
    server.inject(Fault(edit=lambda answer: {**answer, "data": {"binary_data_base64": ["!" * 40]}}, times=1))
    for _ in range(3):
        with pytest.raises(BadAnswerError) as caught:
            make(client, A)
    assert server.charged == 1 and caught.value.request_id
    spoil_files(client, Path.unlink)
    outcome = make(client, A)
    assert len(outcome.pictures) == 1 and any(caught.value.request_id in note for note in outcome.notes)
    assert server.charged == 2


def test_a_failure_inside_this_process_frees_the_twins_and_loses_nothing(
    client: Client, server: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = threading.Event()
    failures = [2]

    def decoder(data: bytes, place: Any) -> Any:
        hold.wait(5)
        if failures[0]:
            failures[0] -= 1
            raise MemoryError("no room")
        return decode_image(data, place)

    monkeypatch.setattr(batch, "decode_image", decoder)
    first = start(client, A)
    until(lambda: first.calls[0].phase.value == "decoding")
    twins = [start(client, A) for _ in range(2)]
    until(lambda: all(twin.calls[0].phase.value == "waiting" for twin in twins))
    hold.set()
    errors = [error_of(run) for run in (first, *twins)]
    assert isinstance(errors[0], MemoryError)
    assert sum(isinstance(error, MemoryError) for error in errors) == 2, "each reads the answer for itself"
    assert sum(run.calls[0].result is not None and run.calls[0].result.reused for run in twins) == 1
    assert make(client, A).results[0].reused, "what was paid must be in the store"
    assert server.charged == len(server.requests) == 1

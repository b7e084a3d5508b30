"""A store that cannot be read never pays for a fixed seed; one that cannot be written loses nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.support.results import find
from volcv_client import config
from volcv_client.client import Client
from volcv_client.errors import StoreError
from volcv_client.store import owners
from volcv_client.store.results import ResultStore

from .helpers import IMAGE, KEY, client_for, make, until
from .test_database import deny
from .test_paying_once import PROGRAM, A, other_process
from .test_store import POSIX, files_of, held_by_another, write_again
from .test_store import impatient as impatient


def replace_database(folder: Path, content: bytes) -> None:
    """In one step: an empty file would be a new database."""
    (folder / "new").write_bytes(content)
    (folder / "new").replace(folder / "index.db")


def garbage(folder: Path) -> None:
    replace_database(folder, b"this is no database, but long enough to look at" * 50)


def broken_header(folder: Path) -> None:
    replace_database(folder, b"SQLite format 3\0" * 300)


def broken_pages(folder: Path) -> None:
    data = (folder / "index.db").read_bytes()
    replace_database(folder, data[:4096] + b"\xff" * (len(data) - 4096))


def folder_in_the_way(folder: Path) -> None:
    (folder / "index.db").unlink()
    (folder / "index.db").mkdir()


def file_in_the_way(folder: Path) -> None:
    folder.rename(folder.with_name("elsewhere"))
    folder.write_bytes(b"in the way")


def no_permission(folder: Path) -> None:
    deny(folder / "index.db", 0)


UNREADABLE = pytest.mark.parametrize(
    "damage", [garbage, broken_header, broken_pages, folder_in_the_way, file_in_the_way, no_permission]
)


@UNREADABLE
def test_a_store_that_cannot_be_read_never_pays_for_a_fixed_seed(client: Client, server: Gateway, damage: Any) -> None:
    make(client, A)
    damage(client.store.folder)
    before = {path: path.stat().st_size for path in client.store.folder.parent.rglob("index.db")}
    for _ in range(5):
        with pytest.raises(StoreError) as caught:
            make(client, A)
        assert caught.value.key == "store_not_readable" and "turn reuse off" in str(caught.value)
    assert server.charged == len(server.requests) == 1
    after = {path: path.stat().st_size for path in client.store.folder.parent.rglob("index.db")}
    assert after == before, "nothing is set aside"


@UNREADABLE
@pytest.mark.parametrize("way", ["random seed", "no reuse"])
def test_a_store_that_cannot_be_read_costs_others_a_note(
    client: Client, server: Gateway, damage: Any, way: str
) -> None:
    make(client, A)
    damage(client.store.folder)
    other = client if way == "random seed" else client_for(replace(client.profile, reuse=False))
    outcome = make(other, {**A, "seed": -1} if way == "random seed" else A)
    assert len(outcome.pictures) == 1 and server.charged == 2
    notes = "\n".join(outcome.notes)
    assert "cannot be read" in notes and "could not be kept" in notes
    assert outcome.results[0].problem in outcome.notes


def test_a_batch_stops_at_a_store_that_cannot_be_read(client: Client, server: Gateway) -> None:
    make(client, A)
    garbage(client.store.folder)
    with pytest.raises(StoreError):
        make(client, {**A, "seed": 100, "count": 9})
    assert server.charged == 1


def test_beside_a_held_lock_stored_results_are_handed_out(client: Client, server: Gateway, impatient: None) -> None:
    make(client, A)
    with held_by_another(client.store.folder):
        for _ in range(5):
            outcome = make(client, A)
            assert outcome.results[0].reused and not outcome.results[0].problem
    assert server.charged == len(server.requests) == 1


def test_what_cannot_be_written_is_kept_in_memory_and_saved_once(
    client: Client, server: Gateway, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owners, "BEAT_SECONDS", 0.1)
    make(client, A)
    store = client.store
    with held_by_another(store.folder):
        fixed, random = {**A, "seed": 8}, {**A, "seed": -1}
        for values in (fixed, random):
            outcome = make(client, values)
            assert len(outcome.pictures) == 1 and not outcome.results[0].reused
            assert "could not be kept" in outcome.results[0].problem and outcome.results[0].problem in outcome.notes
        for _ in range(3):
            assert make(client, fixed).results[0].reused
        assert server.charged == 3 and store.usage()[0] == 1
        unsaved = store.journal.by_name(outcome.results[0].request_id)
        assert unsaved is not None and unsaved.result.files[0].data
    until(lambda: store.usage()[0] == 3)
    assert {one.seed for one in ResultStore(store.folder).newest(9)} == {7, 8, None}
    assert len(files_of(store)) == 3 and store.spending_since(0.0)[0].calls == 3
    again = make(client, fixed).results[0]
    assert again.reused and again.id and server.charged == 3


def test_a_task_that_cannot_be_written_is_submitted_once(
    client: Client, server: Gateway, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("volcv_client.calls.task_call.FIRST_POLL", 0.02)
    make(client, A)
    values = {"prompt": "make it night", "seed": 7}
    with held_by_another(client.store.folder):
        assert make(client, values, IMAGE, key="seededit_v3.0").notes
        assert make(client, values, IMAGE, key="seededit_v3.0").results[0].reused
    write_again(client.store)
    assert client.store.usage()[0] == 2 and server.charged == 2


def test_a_store_that_could_not_be_begun_is_written_later(client: Client, server: Gateway, impatient: None) -> None:
    home = config.home()
    home.mkdir(parents=True)
    results = home / "results"
    results.mkdir()
    (results / "media").write_bytes(b"in the way")
    outcome = make(client, A)
    assert len(outcome.pictures) == 1 and any("could not be kept" in note for note in outcome.notes)
    assert make(client, A).results[0].reused and server.charged == 1
    (results / "media").unlink()
    write_again(client.store)
    assert len(files_of(client.store)) == 1 and client.store.usage()[0] == 1
    assert find(ResultStore(results), client.store.newest(1)[0].fingerprint) is not None


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (int({size}), resource.RLIM_INFINITY))
"""


@POSIX
@pytest.mark.parametrize("size", [0, 3000])
def test_a_full_disk_costs_a_note_and_never_the_picture(client: Client, server: Gateway, size: int) -> None:
    out, problems = other_process(LIMITED.format(size=size) + PROGRAM, server.url, KEY).communicate(timeout=30)
    assert out.split()[1:2] == ["False"], problems
    assert "could not be kept" in out
    left = list((config.home() / "results" / "media").glob("*")) if config.home().exists() else []
    assert left == []
    assert make(client, A).pictures
    assert make(client, A).results[0].reused


@POSIX
@pytest.mark.parametrize("size", [34_000, 50_000])
def test_a_disk_that_fills_up_inside_the_database(client: Client, server: Gateway, size: int) -> None:
    out, problems = other_process(LIMITED.format(size=size) + PROGRAM, server.url, KEY).communicate(timeout=30)
    assert out.split()[1:2] == ["False"], problems
    kept = "could not be kept" not in out
    assert make(client, A).results[0].reused is kept
    assert make(client, A).results[0].reused

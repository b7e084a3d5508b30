"""Pictures inside the request or as links

What a service takes, and whether the gateway has `/v1/files`, is seen only when it is tried. A refusal is not charged.
Product picture names its pictures in fields, Jimeng 4.0 has them in a list and runs as a task; no upload address is set
unless the scene says so. *Calls* are the submitted requests; the asking for a task's result is not among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.client.helpers import (
    PRODUCT,
    SMALL_PRODUCT,
    client_for,
    colour,
    make,
    profile,
)
from tests.gateway import Fault, Gateway
from volcv_client.calls.batch import RunResult
from volcv_client.client import Client, ClientPool
from volcv_client.errors import Charged, CredentialError, ModerationError, ParameterError, UploadError
from volcv_client.store.entry import INLINE, LINKS

from .conftest import Command, Record

JIMENG = "jimeng_t2i_v40"
SHOTS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    PRODUCT: (SMALL_PRODUCT, "product_image"),
    JIMENG: ({"prompt": "a cat", "size": 1024 * 1024}, "image_1"),
}
UPLOADED, SENT_INLINE = "were uploaded to the gateway and sent as links", "were sent inside the request"
NO_UPLOAD = Fault(where="upload", status=404, times=None)

each_model = pytest.mark.parametrize("key", SHOTS)


def form_of(body: Mapping[str, Any]) -> str:
    return INLINE if "binary_data_base64" in body else LINKS


def refuse(form: str, *, code: int = 50200, times: int | None = None) -> Fault:
    """A service that does not take this form."""
    return Fault(code=code, times=times, match=lambda body: "task_id" not in body and form_of(body) == form)


def shoot(client: Client, key: str, count: int = 1, **changes: Any) -> RunResult:
    values, name = SHOTS[key]
    batch = [colour(value=(200, 30 * number, 60)) for number in range(count)]
    return make(client, {**values, **changes}, {name: batch}, key=key)


def sent(server: Gateway) -> list[str]:
    """The forms of the submitted requests, in order."""
    return [form_of(one.body or {}) for one in server.requests if "GetResult" not in one.action]


def told(outcome: RunResult) -> list[str]:
    """What the run says of the form of its pictures."""
    return [said for said in (UPLOADED, SENT_INLINE) if any(said in note for note in outcome.notes)]


def seen(server: Gateway) -> tuple[list[str], int, int]:
    """The forms that were sent, uploads, and charges."""
    return sent(server), server.uploads, server.charged


@pytest.fixture
def client(server: Gateway) -> Client:
    return client_for(profile(server.url))


@each_model
@pytest.mark.parametrize("files", [True, False], ids=["with files", "without files"])
@pytest.mark.parametrize("takes", ["inline only", "both"])
def test_a_service_that_takes_pictures_inline(
    takes: str, files: bool, key: str, server: Gateway, client: Client, record: Record
) -> None:
    server.inject(*[refuse(LINKS)] * (takes == "inline only"), *[NO_UPLOAD] * (not files))
    for run in (1, 2):
        assert told(shoot(client, key)) == []
        assert seen(server) == ([INLINE] * run, 0, run)
    record(f"{key}, {takes}, {'with' if files else 'without'} /v1/files, two runs", 2, 2, "sent inline")


@each_model
def test_a_service_that_takes_links(key: str, server: Gateway, client: Client, record: Record) -> None:
    server.inject(refuse(INLINE))
    assert told(shoot(client, key)) == [UPLOADED]
    assert seen(server) == ([INLINE, LINKS], 1, 1)
    assert told(shoot(client, key)) == [UPLOADED]
    assert seen(server) == ([INLINE, LINKS, LINKS], 2, 2)
    record(f"{key}, links only, with /v1/files, two runs", 3, 2, "refused inline once, then links, with a note")


@each_model
def test_a_service_that_takes_links_of_which_the_gateway_makes_none(
    key: str, server: Gateway, client: Client, record: Record
) -> None:
    server.inject(refuse(INLINE, code=50207), NO_UPLOAD)
    with pytest.raises(ParameterError, match="set upload_url") as caught:
        shoot(client, key)
    assert (caught.value.code, caught.value.charged) == (50207, Charged.NO)
    assert seen(server) == ([INLINE], 0, 0) and client.store.journal.open_entries(9) == []
    record(f"{key}, links only, without /v1/files", 1, 0, "the service's refusal, which names `upload_url`")


@each_model
@pytest.mark.parametrize("files", [True, False], ids=["with files", "without files"])
def test_a_service_that_takes_neither(files: bool, key: str, server: Gateway, client: Client, record: Record) -> None:
    server.inject(refuse(INLINE, code=50206), refuse(LINKS, code=50200), *[NO_UPLOAD] * (not files))
    with pytest.raises(ParameterError, match="set upload_url") as caught:
        shoot(client, key)
    calls = [INLINE, LINKS] if files else [INLINE]
    assert caught.value.code == 50206 and seen(server) == (calls, int(files), 0)
    assert client.store.journal.open_entries(9) == []
    outcome = "the service's first refusal, which names `upload_url`"
    record(f"{key}, neither, {'with' if files else 'without'} /v1/files", len(calls), 0, outcome)


@each_model
def test_another_process_remembers(key: str, server: Gateway, client: Client, tmp_path: Path, record: Record) -> None:
    server.inject(refuse(INLINE))
    shoot(client, key)
    server.clear()
    server.inject(refuse(INLINE))
    picture = tmp_path / "picture.png"
    Image.new("RGB", (64, 48), "red").save(picture)
    values, name = SHOTS[key]
    options = [text for field, value in {**values, name: picture}.items() for text in (flag(field), str(value))]
    ended = Command("run", key, *options, "-o", tmp_path / "out").ended()
    assert ended.pictures == 1 and UPLOADED in ended.err + ended.out, ended.err
    assert seen(server) == ([LINKS], 1, 1)
    other = Client(profile(server.url), pool=ClientPool())
    assert told(shoot(other, key)) == [UPLOADED] and sent(server) == [LINKS, LINKS]
    record(f"{key}, links only, then another process", 1, 1, "links at once")


def flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def test_another_key_and_another_model_do_not(server: Gateway, client: Client, record: Record) -> None:
    server.api_keys = frozenset({*server.api_keys, "another"})
    server.inject(refuse(INLINE, times=1))
    shoot(client, PRODUCT)
    server.clear()
    shoot(client, JIMENG)
    shoot(client_for(profile(server.url, api_key="another")), PRODUCT)
    assert seen(server) == ([INLINE, INLINE], 0, 2)
    record("Links were taken of another key, or by another model", 1, 1, "inline first")


@each_model
def test_what_is_remembered_may_change(key: str, server: Gateway, client: Client, record: Record) -> None:
    server.inject(refuse(INLINE, times=1))
    shoot(client, key)
    server.clear()
    server.inject(refuse(LINKS))
    assert told(shoot(client, key)) == [SENT_INLINE]
    assert seen(server) == ([LINKS, INLINE], 1, 1)
    assert told(shoot(client, key)) == []
    assert seen(server) == ([LINKS, INLINE, INLINE], 1, 2)
    record(f"{key}, links were taken, now inline only, two runs", 3, 2, "refused links once, then inline, with a note")


def test_an_upload_that_is_gone(server: Gateway, client: Client, record: Record) -> None:
    server.inject(refuse(INLINE, times=1))
    shoot(client, PRODUCT)
    server.clear()
    server.inject(NO_UPLOAD)
    assert told(shoot(client, PRODUCT)) == [SENT_INLINE]
    assert seen(server) == ([INLINE], 0, 1)
    record("Links were taken, now /v1/files is gone", 1, 1, "sent inline, with a note")


@each_model
def test_a_batch(key: str, server: Gateway, record: Record) -> None:
    server.inject(refuse(INLINE))
    outcome = shoot(client_for(profile(server.url, max_concurrency=1)), key, 4)
    assert len(outcome.results) == 4 and told(outcome) == [UPLOADED]
    assert seen(server) == ([INLINE, *[LINKS] * 4], 4, 4)
    record(f"{key}, links only, a batch of four", 5, 4, "refused inline once, then links")


@each_model
def test_a_batch_side_by_side(key: str, server: Gateway) -> None:
    server.inject(refuse(INLINE))
    outcome = shoot(client_for(profile(server.url, max_concurrency=4)), key, 4)
    assert len(outcome.results) == 4 and (server.uploads, server.charged) == (4, 4)
    assert sent(server).count(LINKS) == 4 and server.peak_in_flight <= 4


def test_the_form_is_no_part_of_the_cache_key(server: Gateway, client: Client, record: Record) -> None:
    assert not shoot(client, PRODUCT, seed=7).results[0].reused
    linked = client_for(profile(server.url, upload_url=f"{server.url}/v1/files"))
    assert shoot(linked, PRODUCT, seed=7).results[0].reused
    assert seen(server) == ([INLINE], 0, 1)
    record("Paid inline, then the same request of fixed seed with an upload address", 1, 1, "the stored picture")


@each_model
def test_with_an_upload_address(key: str, server: Gateway, record: Record) -> None:
    client = client_for(profile(server.url, upload_url=f"{server.url}/v1/files"))
    assert told(shoot(client, key)) == []
    assert seen(server) == ([LINKS], 1, 1)
    server.inject(refuse(LINKS))
    with pytest.raises(ParameterError) as caught:
        shoot(client, key)
    assert not caught.value.hint and seen(server) == ([LINKS, LINKS], 2, 1)
    server.inject(NO_UPLOAD)
    with pytest.raises(UploadError):
        shoot(client, key)
    assert seen(server) == ([LINKS, LINKS], 2, 1)
    record(f"{key}, an upload address is set: taken, refused, upload fails", 2, 1, "links only")


@pytest.mark.parametrize(
    ("fault", "kind"), [(50411, ModerationError), (50400, CredentialError), (60102, ParameterError)]
)
def test_other_refusals_are_not_about_the_form(
    fault: int, kind: type[Exception], server: Gateway, client: Client, record: Record
) -> None:
    server.inject(Fault(code=fault))
    with pytest.raises(kind) as caught:
        shoot(client, PRODUCT)
    assert "upload_url" not in str(caught.value) and seen(server) == ([INLINE], 0, 0)
    record(f"{PRODUCT}, refused with {fault}", 1, 0, "the refusal")


def test_an_unknown_req_key_is_not_about_the_form(server: Gateway, client: Client) -> None:
    server.inject(Fault(code=50200, message="req_key is not supported"))
    with pytest.raises(ParameterError) as caught:
        shoot(client, PRODUCT)
    assert not caught.value.hint and seen(server) == ([INLINE], 0, 0)


def test_a_second_form_is_retried_like_the_first(server: Gateway, client: Client, record: Record) -> None:
    busy = Fault(code=50430, times=2, match=lambda body: form_of(body) == LINKS)
    server.inject(refuse(INLINE), busy)
    assert told(shoot(client, PRODUCT)) == [UPLOADED]
    assert seen(server) == ([INLINE, LINKS, LINKS, LINKS], 1, 1)
    record(f"{PRODUCT}, links only, 50430 twice", 4, 1, "retried; the picture is uploaded once")


def test_a_second_form_that_is_refused_for_its_content(server: Gateway, client: Client) -> None:
    risk = Fault(code=50411, match=lambda body: form_of(body) == LINKS)
    server.inject(refuse(INLINE), risk)
    with pytest.raises(ModerationError) as caught:
        shoot(client, PRODUCT)
    assert not caught.value.hint and seen(server) == ([INLINE, LINKS], 1, 0)


def test_a_task_that_fails_is_not_submitted_again(server: Gateway, client: Client, record: Record) -> None:
    server.inject(Fault(task=50207))
    with pytest.raises(ParameterError):
        shoot(client, JIMENG)
    assert seen(server) == ([INLINE], 0, 1)
    record(f"{JIMENG}, the task is accepted and fails with 50207", 1, 1, "the refusal: the task may be charged")


def test_a_task_that_fails_after_a_refusal_is_what_is_told(server: Gateway, client: Client, record: Record) -> None:
    server.inject(refuse(INLINE, code=50200), Fault(task=50207))
    with pytest.raises(ParameterError) as caught:
        shoot(client, JIMENG)
    assert caught.value.code == 50207
    assert seen(server) == ([INLINE, LINKS], 1, 1)
    record(f"{JIMENG}, links only, the task is accepted and fails with 50207", 2, 1, "the task's refusal")


def test_a_journal_that_cannot_be_read(server: Gateway, client: Client, record: Record) -> None:
    server.inject(refuse(INLINE))
    shoot(client, PRODUCT)
    client.store.close()
    (client.store.folder / "index.db").write_bytes(b"no database" * 99)
    assert told(shoot(client, PRODUCT)) == [UPLOADED]
    assert sent(server) == [INLINE, LINKS, INLINE, LINKS] and server.charged == 2
    record(f"{PRODUCT}, links only, the store is unreadable, seed -1", 2, 1, "inline first")


@each_model
@pytest.mark.parametrize("takes", [INLINE, LINKS])
def test_the_native_service(takes: str, key: str, record: Record) -> None:
    with Gateway(access_keys={"AK": "SK"}) as server:
        server.inject(refuse(LINKS if takes == INLINE else INLINE))
        native = profile(server.url, api_key="", access_key="AK", secret_key="SK")
        if takes == INLINE:
            assert told(shoot(client_for(native), key)) == []
        else:
            with pytest.raises(ParameterError, match="set upload_url"):
                shoot(client_for(native), key)
        assert seen(server) == ([INLINE], 0, int(takes == INLINE))
        outcome = (
            "sent inline" if takes == INLINE else "the refusal, which names `upload_url`: nothing is uploaded there"
        )
        record(f"{key}, native service, takes {takes} only", 1, server.charged, outcome)

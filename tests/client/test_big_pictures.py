"""What spares the other threads of the process must not change a byte or a pixel."""

from __future__ import annotations

import base64
import io
import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from volcv_client import compress, envelope, pictures
from volcv_client.errors import BadAnswerError
from volcv_client.payload import ArrayPicture, SharedPicture
from volcv_client.pictures import Encoded, Encoding, decode, encode
from volcv_client.sandbox import SandboxServer
from volcv_client.service import Service

from .helpers import IMAGE, OUTPAINT, make, noise

LONG = st.integers(envelope.LONG_TEXT - 2, envelope.LONG_TEXT + 3).map(
    lambda size: "Ab+/" * (size // 4) + "=" * (size % 4)
)
TRICKY = st.text(alphabet='"\\{}[]:, \n\u4e2da', max_size=12)
VALUES = st.recursive(
    LONG | TRICKY | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TRICKY, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(TRICKY, VALUES, max_size=4), st.booleans())
def test_an_answer_is_read_as_json_reads_it(body: dict[str, Any], ascii_only: bool) -> None:
    content = json.dumps(body, ensure_ascii=ascii_only).encode()
    assert envelope.json_object(content) == body


@pytest.mark.parametrize(
    "content",
    [
        b'{"a": "' + b"A" * 200_000,
        b'{"a": "' + b"A" * 200_000 + b"\\",
        b'{"a": ' + b'"' * 200_001,
        b'{"a": "' + b"\xff" * 200_000 + b'"}',
        b'"' + b"A" * 200_000 + b'"',
    ],
    ids=["never ends", "ends in an escape", "only quotes", "no UTF-8", "no object"],
)
def test_a_broken_answer_is_none(content: bytes) -> None:
    assert envelope.json_object(content) is None


def test_a_long_text_after_many_short_ones_is_read_too() -> None:
    body = {"texts": ["x"] * (envelope.MOST_TEXTS + 10), "picture": "A" * 200_000}
    assert envelope.json_object(json.dumps(body).encode()) == body


@pytest.mark.parametrize("size", [3, 100, envelope.LONG_TEXT, pictures.TEXT_PIECE, 2 * pictures.TEXT_PIECE + 5])
@pytest.mark.parametrize("wrap", ["{}", "data:image/png;base64,{}", "{}\n"])
def test_a_picture_s_text_is_read_from_the_answer_itself(size: int, wrap: str) -> None:
    data = np.random.default_rng(size).bytes(size)
    text = wrap.format(base64.b64encode(data).decode())
    body = {"data": {"binary_data_base64": [text, "", "QQ=="], "other": text}}
    read = envelope.json_object(json.dumps(body).encode())
    assert read is not None and read["data"]["other"] == text
    first, second = envelope.inline_pictures(read["data"])
    assert pictures.from_base64(first) == data and second == "QQ=="


@pytest.mark.parametrize("broken", ["A" * 7, "QQ==" + "A" * 4, "A" * 99 + "\u00e9", "=" * 8])
@pytest.mark.parametrize("long", [False, True])
def test_what_is_no_base64_is_refused(broken: str, long: bool) -> None:
    text = "A" * (2**21 if long else 0) + broken
    with pytest.raises(BadAnswerError):
        pictures.from_base64(text)
    with pytest.raises(BadAnswerError):
        pictures.from_base64(memoryview(text.encode()))


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
def test_without_files_in_memory_the_bytes_are_the_same(
    monkeypatch: pytest.MonkeyPatch, lossless: bool, channels: int
) -> None:
    source, encoding = noise(120, 90, channels).pixels, Encoding(lossless=lossless, alpha=True)
    usual = encode(source, encoding)
    monkeypatch.delattr(os, "memfd_create", raising=False)
    assert encode(source, encoding) == usual


def test_scratch_files_of_many_threads_do_not_mix() -> None:
    sources = [noise(40 + 16 * n, 300).pixels for n in range(12)]
    alone = [encode(source) for source in sources]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(encode, sources * 4)) == alone * 4


def test_a_large_file_does_not_stay_in_memory() -> None:
    image = Image.fromarray(noise(1600, 1200).pixels)
    assert len(compress.compressed(image, 95, 10**9)) > compress.KEPT_BYTES
    file = compress.scratch_file()
    assert file is None or os.fstat(file.fileno()).st_size <= compress.KEPT_BYTES


def test_a_png_that_is_too_large_is_cut_short_and_not_sent() -> None:
    image = Image.fromarray(noise(900, 900).pixels)
    whole = compress.compressed(image, None, 10**9)
    cut = compress.compressed(image, None, 400_000)
    assert 400_000 < len(cut) < len(whole)
    sent = encode(noise(900, 900).pixels, Encoding(lossless=True, max_base64=1_500_000))
    assert base64.b64decode(sent.base64)[:3] == b"\xff\xd8\xff" and len(sent.base64) <= 1_500_000


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_huge_picture_is_decoded_as_any_other(monkeypatch: pytest.MonkeyPatch, mode: str, kind: str) -> None:
    buffer = io.BytesIO()
    Image.fromarray(noise(301, 203, len(mode)).pixels).save(buffer, kind, lossless=True)
    usual = decode(buffer.getvalue())
    monkeypatch.setattr(pictures, "HUGE_PIXELS", 1)
    monkeypatch.setattr(pictures, "LARGE_PIXELS", 1)
    monkeypatch.setattr(pictures, "WHOLE_PIXELS", 1)
    monkeypatch.setattr(pictures, "DECODE_BLOCK", 4096)
    assert np.array_equal(decode(buffer.getvalue()), usual)
    with pytest.raises(BadAnswerError):
        decode(buffer.getvalue()[: len(buffer.getvalue()) // 2])


class Counted(ArrayPicture):
    """Counts how often it is encoded."""

    calls = 0

    def encode(self, encoding: Encoding, size: tuple[int, int] | None) -> Encoded:
        Counted.calls += 1
        return super().encode(encoding, size)


@pytest.mark.parametrize(("count", "encoded"), [(1, 1), (6, 1)])
def test_an_input_is_encoded_once_for_all_its_pictures(service: Service, count: int, encoded: int) -> None:
    Counted.calls = 0
    source = Counted(noise(64, 48).pixels)
    outcome = make(service, {"seed": 5, "count": count, "right": 0.2}, {"image": [source]}, key=OUTPAINT)
    assert len(outcome.pictures) == count and Counted.calls == encoded


def test_a_shared_picture_is_encoded_by_one_thread_and_then_forgotten() -> None:
    Counted.calls = 0
    shared = SharedPicture(Counted(noise(64, 48).pixels), 8)
    with ThreadPoolExecutor(8) as pool:
        texts = {one.base64 for one in pool.map(lambda _: shared.encode(Encoding(), None), range(8))}
    assert len(texts) == 1 and Counted.calls == 1
    shared.encode(Encoding(), None)
    assert Counted.calls == 2


def test_the_calls_of_one_input_all_get_it(service: Service, server: SandboxServer) -> None:
    make(service, {"seed": 5, "count": 3, "right": 0.2}, IMAGE, key=OUTPAINT)
    sent = {str((request.body or {})["binary_data_base64"]) for request in server.requests}
    assert len(server.requests) == 3 and len(sent) == 1


def test_large_pictures_leave_a_core_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGE_PIXELS", 100)
    monkeypatch.setattr(pictures, "_large_ones", threading.BoundedSemaphore(1))
    at_once, most = [], []
    fit = pictures.fit

    def noted(*arguments: Any) -> Encoded:
        at_once.append(1)
        most.append(len(at_once))
        done = fit(*arguments)
        at_once.pop()
        return done

    monkeypatch.setattr(pictures, "fit", noted)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(encode, [noise(200, 200).pixels] * 12))
    assert max(most) == 1

"""What spares the other threads of the process must not change a byte or a pixel."""

from __future__ import annotations

import base64
import errno
import io
import json
import mmap
import os
import struct
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image, ImageFile

from tests.gateway import Gateway
from volcv_client.answer import envelope
from volcv_client.calls.service import Service
from volcv_client.errors import BadAnswerError
from volcv_client.images import compress, inline, pictures, rooms, samples
from volcv_client.images.pictures import Encoded, Encoding, decode, encode
from volcv_client.request.payload import ArrayPicture, SharedPicture
from volcv_client.request.wire import digest, message

from .helpers import IMAGE, OUTPAINT, make, noise
from .test_pictures import chunk

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


@pytest.mark.parametrize("size", [3, 100, envelope.LONG_TEXT, inline.PIECE, 2 * inline.PIECE + 5])
@pytest.mark.parametrize("wrap", ["{}", "data:image/png;base64,{}", "{}\n"])
def test_a_picture_s_text_is_read_from_the_answer_itself(size: int, wrap: str) -> None:
    data = np.random.default_rng(size).bytes(size)
    text = wrap.format(base64.b64encode(data).decode())
    body = {"data": {"binary_data_base64": [text, "", "QQ=="], "other": text}}
    read = envelope.json_object(json.dumps(body).encode())
    assert read is not None and read["data"]["other"] == text
    first, second = envelope.inline_pictures(read["data"])
    assert inline.from_base64(first) == data and second == "QQ=="


@pytest.mark.parametrize("broken", ["A" * 7, "QQ==" + "A" * 4, "A" * 99 + "\u00e9", "=" * 8])
@pytest.mark.parametrize("long", [False, True])
def test_what_is_no_base64_is_refused(broken: str, long: bool) -> None:
    text = "A" * (2**21 if long else 0) + broken
    with pytest.raises(BadAnswerError):
        inline.from_base64(text)
    with pytest.raises(BadAnswerError):
        inline.from_base64(memoryview(text.encode()))


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
    assert sent.data[:3] == b"\xff\xd8\xff" and sent.text_size <= 1_500_000


PICTURES = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4])), elements=st.integers(0, 255)
)


def as_pillow_reads_it(data: bytes) -> NDArray[np.float32]:
    """Float32 0..1 of a picture file over white, by Pillow alone."""
    with Image.open(io.BytesIO(data)) as image:
        over = Image.new("RGBA", image.size, "white")
        over.alpha_composite(image.convert("RGBA"))
    return np.asarray(over.convert("RGB")).astype(np.float32) / np.float32(255)


def file_of(values: NDArray[np.uint8], kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, kind, lossless=True)
    return buffer.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PICTURES, st.sampled_from(["PNG", "WEBP", "BMP"]), st.integers(1, 60))
def test_a_picture_is_decoded_as_pillow_reads_it(
    monkeypatch: pytest.MonkeyPatch, values: NDArray[np.uint8], kind: str, block: int
) -> None:
    monkeypatch.setattr(samples, "QUADS_BLOCK", block)
    monkeypatch.setattr(pictures, "ROWS_PIXELS", block)
    data = file_of(values, kind)
    assert np.array_equal(decode(data), as_pillow_reads_it(data))


@pytest.mark.parametrize("room", [True, False])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_large_picture_and_one_without_a_room_are_decoded_as_any_other(
    monkeypatch: pytest.MonkeyPatch, room: bool, channels: int
) -> None:
    data = file_of(noise(301, 203, channels).pixels, "PNG")
    expected = as_pillow_reads_it(data)
    monkeypatch.setattr(rooms, "KEPT_BYTES", 1)
    if not room:
        monkeypatch.delattr(Image.core, "map_buffer")
    assert np.array_equal(decode(data), expected)
    with pytest.raises(BadAnswerError):
        decode(data[: len(data) // 2])


class Stubborn(mmap.mmap):
    """Memory of a kernel without large pages."""

    def madvise(self, *_: Any) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")


def refuse(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOMEM, "Cannot allocate memory")


@pytest.mark.parametrize("kind", [Stubborn, refuse])
def test_a_system_that_refuses_large_pages_or_memory_costs_no_picture(
    monkeypatch: pytest.MonkeyPatch, kind: Any
) -> None:
    monkeypatch.setattr(rooms, "_kept", [])
    monkeypatch.setattr(mmap, "mmap", kind)
    data = file_of(noise(40, 30).pixels, "PNG")
    assert np.array_equal(decode(data), as_pillow_reads_it(data))


def test_a_system_that_refuses_files_in_memory_costs_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    source = noise(120, 90).pixels
    usual = encode(source)
    monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    with ThreadPoolExecutor(1) as fresh_thread:
        assert fresh_thread.submit(encode, source).result() == usual


def test_pictures_of_many_threads_do_not_mix() -> None:
    files = [file_of(noise(40 + 16 * n, 300, 3 + n % 2).pixels, "PNG") for n in range(12)]
    alone = [as_pillow_reads_it(data) for data in files]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(decode, files * 4))
    assert all(np.array_equal(one, other) for one, other in zip(together, alone * 4, strict=True))


def ends_early(channels: int) -> bytes:
    """A PNG of 64 rows whose data properly end after 8; Pillow does not mind."""
    whole = file_of(noise(64, 64, channels).pixels, "PNG")
    rows = zlib.compress((b"\0" + b"\x7f" * 64 * channels) * 8)
    return whole[: whole.index(b"IDAT") - 4] + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("cut", [True, False])
def test_a_file_with_gaps_is_broken_whatever_pillow_is_told(monkeypatch: pytest.MonkeyPatch, cut: bool) -> None:
    decode(file_of(np.full((64, 64, 3), 255, np.uint8), "PNG"))
    whole = file_of(noise(64, 64).pixels, "PNG")
    if cut:
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(BadAnswerError, match="truncated"):
        decode(whole[: len(whole) // 2] + whole[-12:] if cut else ends_early(3))


@pytest.mark.parametrize("progressive", [False, True])
def test_nothing_of_an_earlier_picture_shows_in_half_a_jpeg(progressive: bool) -> None:
    """Its decoder fills in what is missing, so the memory need not be blank."""
    magenta = file_of(np.full((64, 64, 3), (255, 0, 255), np.uint8), "PNG")
    buffer = io.BytesIO()
    grey = Image.fromarray(noise(64, 64).pixels).convert("L").convert("RGB")
    grey.save(buffer, "JPEG", quality=95, progressive=progressive)
    half = buffer.getvalue()[: len(buffer.getvalue()) // 2] + b"\xff\xd9"
    decode(magenta)
    try:
        rows = decode(half)
    except BadAnswerError:
        return
    assert np.abs(rows[..., 0] - rows[..., 1]).max() < 0.2, "grey all over"


def test_a_first_frame_that_is_smaller_than_the_picture_is_a_gap() -> None:
    decode(file_of(np.full((64, 64, 3), (255, 0, 255), np.uint8), "PNG"))
    buffer = io.BytesIO()
    frames = [Image.fromarray(noise(64, 64).pixels) for _ in range(2)]
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    data = buffer.getvalue()
    at = data.index(b"fcTL") + 4
    smaller = data[at : at + 4] + struct.pack(">II", 64, 8) + data[at + 12 : at + 26]
    assert decode(data).shape == (64, 64, 3)
    with pytest.raises(BadAnswerError):
        decode(data[: at - 8] + chunk(b"fcTL", smaller) + data[at + 30 :])


def test_nothing_of_an_earlier_picture_shows_in_the_gaps_of_a_transparent_one() -> None:
    decode(file_of(np.full((64, 64, 4), (255, 0, 255, 255), np.uint8), "PNG"))
    assert decode(ends_early(4))[-8:].min() == 1.0, "what is transparent is white"


@given(PICTURES)
def test_quads_hold_the_samples(values: NDArray[np.uint8]) -> None:
    rgb = np.ascontiguousarray(values[:, :, :3])
    floats = rgb.astype(np.float32) / np.float32(255)
    quads = samples.to_quads(floats)
    bytes_of_quads = quads.view(np.uint8).reshape(*quads.shape, 4)
    assert np.array_equal(bytes_of_quads[:, :, :3], rgb)
    assert np.array_equal(samples.from_quads(quads, np.empty(rgb.shape, np.float32)), floats)


@given(
    st.dictionaries(st.sampled_from(["prompt", "req_key", "a b", "x\n"]), TRICKY | st.integers()),
    st.lists(
        st.binary(max_size=50) | st.sampled_from([bytes(inline.PIECE), b"x" * (2 * inline.PIECE + 1)]), max_size=3
    ),
)
def test_a_message_is_the_json_of_its_body(body: dict[str, Any], files: list[bytes]) -> None:
    given_body = {**body, "binary_data_base64": files} if files else body
    sent = message(given_body)
    text = b"".join(sent)
    assert len(text) == len(sent) and b"".join(sent) == text
    expected = {**body, "binary_data_base64": [base64.b64encode(one).decode() for one in files]} if files else body
    assert json.loads(text) == expected


@given(st.lists(st.binary(max_size=9), max_size=3), st.lists(st.binary(max_size=9), max_size=3))
def test_only_equal_pictures_make_equal_requests(some: list[bytes], others: list[bytes]) -> None:
    one, other = (digest({"req_key": "k", "binary_data_base64": files}, "here") for files in (some, others))
    assert (one == other) is (some == others)


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
        files = {one.data for one in pool.map(lambda _: shared.encode(Encoding(), None), range(8))}
    assert len(files) == 1 and Counted.calls == 1
    shared.encode(Encoding(), None)
    assert Counted.calls == 2


def test_a_shared_picture_that_is_too_large_at_first_is_encoded_twice_and_not_more() -> None:
    Counted.calls = 0
    shared = SharedPicture(Counted(noise(64, 48).pixels), 4)
    for _ in range(4):
        shared.encode(Encoding(), None)
        shared.encode(Encoding(max_base64=2000), None)
    assert Counted.calls == 2


def test_the_calls_of_one_input_all_get_it(service: Service, server: Gateway) -> None:
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

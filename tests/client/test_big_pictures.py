"""Large pictures, many threads, full disks and files with gaps change no byte and no pixel."""

from __future__ import annotations

import base64
import io
import json
import struct
import tempfile
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image, ImageFile

from tests.gateway import Gateway
from volcv_client.answer import envelope, json_values
from volcv_client.client import Client
from volcv_client.errors import BadAnswerError
from volcv_client.images import base64_text, decode, pixels
from volcv_client.images.base64_text import decode_base64
from volcv_client.images.decode import decode_image
from volcv_client.images.encode import EncodedImage, EncodeOptions, encode_image
from volcv_client.images.image import Image as Picture
from volcv_client.images.pixels import Pixels
from volcv_client.request.json_body import fingerprint, json_body

from .helpers import IMAGE, OUTPAINT, make, noise
from .test_pictures import chunk, deep_png, saved

TRICKY = st.text(alphabet='"\\{}[]:, \n\u4e2da', max_size=12)


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
    assert json_values.json_object(content) is None


@pytest.mark.parametrize("size", [3, 100, base64_text.PIECE_BYTES, 2 * base64_text.PIECE_BYTES + 5])
@pytest.mark.parametrize("wrap", ["{}", "data:image/png;base64,{}", "{}\n"])
def test_a_picture_s_text_is_read_from_the_answer(size: int, wrap: str) -> None:
    data = np.random.default_rng(size).bytes(size)
    text = wrap.format(base64.b64encode(data).decode())
    body = {"code": 10000, "data": {"binary_data_base64": [text, "", "QQ=="], "other": text}}
    answer = envelope.parse(envelope.RawAnswer(200, {}, json.dumps(body).encode()), texts=["other"])
    assert answer.texts == {"other": text}
    first, second = answer.base64_pictures
    assert decode_base64(first) == data and second == "QQ=="


@pytest.mark.parametrize("broken", ["A" * 5, "QQ==" + "A" * 4, "A" * 99 + "\u00e9", "A" + "=" * 7])
@pytest.mark.parametrize("long", [False, True])
def test_what_is_no_base64_is_refused(broken: str, long: bool) -> None:
    with pytest.raises(BadAnswerError):
        decode_base64("A" * (2**21 if long else 0) + broken)


@given(st.binary(max_size=50) | st.sampled_from([bytes(base64_text.PIECE_BYTES + n) for n in (-1, 0, 1)]))
def test_pieces_of_base64_are_the_whole_text(data: bytes) -> None:
    text = b"".join(base64_text.base64_pieces(data))
    assert text == base64.b64encode(data) and len(text) == base64_text.base64_length(data)


@pytest.fixture()
def file_size_limit() -> Iterator[None]:
    """Files of this process end at 1000 bytes, as on a disk with so much room."""
    resource = pytest.importorskip("resource")
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, usual[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, usual)


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("size", [(120, 90), (600, 400)])
def test_without_temporary_files_the_bytes_are_the_same(
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    lossless: bool,
    channels: int,
    size: tuple[int, int],
) -> None:
    source, options = noise(*size, channels).pixels, EncodeOptions(lossless=lossless, alpha=True)
    usual = encode_image(source, options)
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
        assert encode_image(source, options) == usual
    request.getfixturevalue("file_size_limit")
    assert encode_image(source, options) == usual


def test_files_of_many_threads_do_not_mix() -> None:
    sources = [noise(40 + 16 * n, 300).pixels for n in range(12)]
    alone = [encode_image(source) for source in sources]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(encode_image, sources * 4)) == alone * 4


def test_a_png_that_is_too_large_is_not_sent() -> None:
    sent = encode_image(noise(900, 900).pixels, EncodeOptions(lossless=True, max_base64=1_500_000))
    assert sent.data[:3] == b"\xff\xd8\xff" and sent.base64_length <= 1_500_000


PICTURES = hnp.arrays(
    np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([3, 4])), elements=st.integers(0, 255)
)


def as_pillow_reads_it(data: bytes) -> NDArray[np.float32]:
    """Float32 0..1 of a picture file over white, by Pillow alone."""
    with Image.open(io.BytesIO(data)) as image:
        over = Image.new("RGBA", image.size, "white")
        over.alpha_composite(image.convert("RGBA"))
    return np.asarray(over.convert("RGB")).astype(np.float32) / np.float32(255)


def file_of(values: Pixels, kind: str) -> bytes:
    return saved(Image.fromarray(values), kind, lossless=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PICTURES, st.sampled_from(["PNG", "WEBP", "BMP"]), st.integers(1, 60))
def test_a_picture_is_decoded_as_pillow_reads_it(
    monkeypatch: pytest.MonkeyPatch, values: NDArray[np.uint8], kind: str, block: int
) -> None:
    monkeypatch.setattr(decode, "BLOCK_PIXELS", block)
    data = file_of(values, kind)
    assert np.array_equal(decode_image(data), as_pillow_reads_it(data))


@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(width=32)))
def test_row_blocks_do_not_change_the_rounding(values: NDArray[np.float32]) -> None:
    whole = pixels.to_uint8(values)
    assert all(np.array_equal(pixels.to_uint8(values[n : n + 1])[0], whole[n]) for n in range(len(values)))


@pytest.mark.parametrize("channels", [3, 4])
def test_a_large_picture_is_decoded_as_any_other(channels: int) -> None:
    data = file_of(noise(1301, 903, channels).pixels, "PNG")
    assert np.array_equal(decode_image(data), as_pillow_reads_it(data))
    with pytest.raises(BadAnswerError):
        decode_image(data[: len(data) // 2])


def test_pictures_of_many_threads_do_not_mix() -> None:
    files = [file_of(noise(40 + 16 * n, 300, 3 + n % 2).pixels, "PNG") for n in range(12)]
    alone = [as_pillow_reads_it(data) for data in files]
    with ThreadPoolExecutor(6) as pool:
        together = list(pool.map(decode_image, files * 4))
    assert all(np.array_equal(one, other) for one, other in zip(together, alone * 4, strict=True))


def ends_early(channels: int) -> bytes:
    """A PNG of 64 rows whose data properly end after 8; Pillow does not mind."""
    whole = file_of(noise(64, 64, channels).pixels, "PNG")
    rows = zlib.compress((b"\0" + b"\x7f" * 64 * channels) * 8)
    return whole[: whole.index(b"IDAT") - 4] + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("cut", [True, False])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_file_with_gaps_is_broken_whatever_pillow_is_told(
    monkeypatch: pytest.MonkeyPatch, cut: bool, channels: int
) -> None:
    whole = file_of(noise(64, 64, channels).pixels, "PNG")
    if cut:
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(BadAnswerError, match="truncated"):
        decode_image(whole[: len(whole) // 2] + whole[-12:] if cut else ends_early(channels))


@pytest.mark.parametrize("progressive", [False, True])
def test_nothing_of_an_earlier_picture_shows_in_half_a_jpeg(progressive: bool) -> None:
    """Its decoder fills in what is missing."""
    grey = Image.fromarray(noise(64, 64).pixels).convert("L").convert("RGB")
    whole = saved(grey, "JPEG", quality=95, progressive=progressive)
    decode_image(file_of(np.full((64, 64, 3), (255, 0, 255), np.uint8), "PNG"))
    try:
        rows = decode_image(whole[: len(whole) // 2] + b"\xff\xd9")
    except BadAnswerError:
        return
    assert np.abs(rows[..., 0] - rows[..., 1]).max() < 0.2, "grey all over"


def test_a_first_frame_that_is_smaller_than_the_picture_is_a_gap() -> None:
    frames = [Image.fromarray(noise(64, 64).pixels) for _ in range(2)]
    data = saved(frames[0], "PNG", save_all=True, append_images=frames[1:])
    at = data.index(b"fcTL") + 4
    smaller = data[at : at + 4] + struct.pack(">II", 64, 8) + data[at + 12 : at + 26]
    assert decode_image(data).shape == (64, 64, 3)
    with pytest.raises(BadAnswerError):
        decode_image(data[: at - 8] + chunk(b"fcTL", smaller) + data[at + 30 :])


BLACK = {
    **{mode: saved(Image.new(mode, (61, 47))) for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")},
    "16-bit RGB": deep_png(np.zeros((47, 61, 3), np.uint16)),
    "16-bit RGBA": deep_png(np.zeros((47, 61, 4), np.uint16)),
}


@pytest.mark.parametrize("kind", BLACK)
def test_a_black_picture_is_whole_and_a_cut_one_is_not(kind: str) -> None:
    """What a PNG lacks is black too, so the last row does not tell."""
    data = BLACK[kind]
    transparent = kind in ("LA", "RGBA", "16-bit RGBA")
    assert decode_image(data).max() == (1 if transparent else 0)
    start, length = data.index(b"IDAT") + 4, int.from_bytes(data[data.index(b"IDAT") - 4 :][:4], "big")
    rows = zlib.decompress(data[start : start + length])
    cut = data[: start - 8] + chunk(b"IDAT", zlib.compress(rows[: -len(rows) // 47])) + chunk(b"IEND", b"")
    with pytest.raises(BadAnswerError, match="truncated"):
        decode_image(cut)


def test_a_picture_in_many_chunks_that_is_black_below_is_whole() -> None:
    values = noise(200, 300).pixels.copy()
    values[200:] = 0
    data = file_of(values, "PNG")
    start, end = data.index(b"IDAT") - 4, data.rindex(b"IEND") - 4
    stream = b"".join(decode.idat_chunks(data))
    parts = b"".join(chunk(b"IDAT", stream[at : at + 1000]) for at in range(0, len(stream), 1000))
    assert np.array_equal(decode_image(data[:start] + parts + data[end:]), values / np.float32(255))


def interlaced_png(values: NDArray[np.uint8], passes: int = 7) -> bytes:
    """A PNG of ``[H, W, 3]`` in Adam7 passes, which Pillow cannot write; only the first ``passes`` of them."""
    rows = b""
    for left, top, columns, lines in decode.ADAM7[:passes]:
        part = values[top::lines, left::columns]
        rows += b"".join(b"\0" + row.tobytes() for row in part if part.shape[1])
    head = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 8, 2, 0, 0, 1)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@given(st.integers(1, 20), st.integers(1, 20), st.booleans())
def test_an_interlaced_picture_is_whole_with_all_its_passes(width: int, height: int, black: bool) -> None:
    values = np.zeros((height, width, 3), np.uint8) if black else np.asarray(noise(width, height).pixels, np.uint8)
    assert np.array_equal(decode_image(interlaced_png(values)), values / np.float32(255))
    if height > 1:
        with pytest.raises(BadAnswerError, match="truncated"):
            decode_image(interlaced_png(values, 6))


@given(
    st.dictionaries(st.sampled_from(["prompt", "req_key", "a b", "x\n"]), TRICKY | st.integers()),
    st.lists(
        st.binary(max_size=50)
        | st.sampled_from([bytes(base64_text.PIECE_BYTES), b"x" * (2 * base64_text.PIECE_BYTES + 1)]),
        max_size=3,
    ),
)
def test_a_message_is_the_json_of_its_body(body: dict[str, Any], files: list[bytes]) -> None:
    given_body = {**body, "binary_data_base64": files} if files else body
    sent = json_body(given_body)
    text = b"".join(sent)
    assert len(text) == len(sent) and b"".join(sent) == text
    expected = {**body, "binary_data_base64": [base64.b64encode(one).decode() for one in files]} if files else body
    assert json.loads(text) == expected


@given(st.lists(st.binary(max_size=9), max_size=3), st.lists(st.binary(max_size=9), max_size=3))
def test_only_equal_pictures_make_equal_requests(some: list[bytes], others: list[bytes]) -> None:
    one, other = (fingerprint({"req_key": "k", "binary_data_base64": files}, "here") for files in (some, others))
    assert (one == other) is (some == others)


class Counted(Picture):
    """Counts how often it is encoded."""

    calls = 0

    def _encode(self, options: EncodeOptions, size: tuple[int, int] | None) -> EncodedImage:
        Counted.calls += 1
        return super()._encode(options, size)


@pytest.mark.parametrize(("count", "encoded"), [(1, 1), (6, 1)])
def test_an_input_is_encoded_once_for_all_its_pictures(client: Client, count: int, encoded: int) -> None:
    Counted.calls = 0
    source = Counted(noise(64, 48).pixels)
    outcome = make(client, {"seed": 5, "count": count, "right": 0.2}, {"image": [source]}, key=OUTPAINT)
    assert len(outcome.pictures) == count and Counted.calls == encoded


def test_a_shared_picture_is_encoded_by_one_thread() -> None:
    Counted.calls = 0
    shared = Counted(noise(64, 48).pixels).share()
    with ThreadPoolExecutor(8) as pool:
        files = {one.data for one in pool.map(lambda _: shared.encode(EncodeOptions()), range(8))}
    assert len(files) == 1 and Counted.calls == 1


def test_a_picture_that_is_not_shared_keeps_no_encoding() -> None:
    Counted.calls = 0
    source = Counted(noise(64, 48).pixels)
    source.share().encode(EncodeOptions())
    assert source.encode(EncodeOptions()) == source.encode(EncodeOptions()) and Counted.calls == 3


def test_a_shared_picture_that_is_too_large_at_first_is_encoded_twice_and_not_more() -> None:
    Counted.calls = 0
    shared = Counted(noise(64, 48).pixels).share()
    for _ in range(4):
        shared.encode(EncodeOptions())
        shared.encode(EncodeOptions(max_base64=2000))
    assert Counted.calls == 2


def test_the_calls_of_one_input_all_get_it(client: Client, server: Gateway) -> None:
    make(client, {"seed": 5, "count": 3, "right": 0.2}, IMAGE, key=OUTPAINT)
    sent = {str((request.body or {})["binary_data_base64"]) for request in server.requests}
    assert len(server.requests) == 3 and len(sent) == 1


def test_conversions_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoding and decoding share as many slots as there are cores."""
    slots = threading.BoundedSemaphore(1)
    monkeypatch.setattr("volcv_client.images.encode.conversion_slots", slots)
    monkeypatch.setattr(decode, "conversion_slots", slots)
    data = encode_image(noise(200, 200).pixels).data
    free = []

    def place(height: int, width: int) -> NDArray[np.float32]:
        free.append(slots.acquire(blocking=False))
        return decode.new_array(height, width)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: decode_image(data, place), range(8)))
    assert free == [False] * 8

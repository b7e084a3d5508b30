"""Pictures out and in: nothing cut, turned or dropped that should not be, nothing but our errors for rubbish."""

from __future__ import annotations

import base64
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image, ImageFile

from volcv_client.errors import BadAnswerError, InputError
from volcv_client.images import decode
from volcv_client.images.base64_text import decode_base64
from volcv_client.images.decode import AnswerPixels, decode_image, decode_mask, verify_image
from volcv_client.images.encode import EncodeOptions, encode_image, encode_mask
from volcv_client.images.pixels import to_uint8

from .helpers import noise, opened, png

LOSSLESS = EncodeOptions(lossless=True)


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def deep_png(values: NDArray[np.uint16]) -> bytes:
    """A 16-bit PNG of ``[H, W, C]``, which Pillow cannot write for colour."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    head = struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0)
    parts = (chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


pixels = hnp.arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))
floats = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(1, 6), st.sampled_from([1, 3, 4])),
    elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
)


@given(pixels)
def test_lossless_comes_back_exactly(values: NDArray[np.uint8]) -> None:
    back = decode_image(encode_image(values, LOSSLESS).data)
    assert (to_uint8(back) == values).all()


@given(floats)
def test_any_float_becomes_a_clamped_rounded_byte(values: NDArray[np.float32]) -> None:
    with np.errstate(all="ignore"):
        got = to_uint8(values)
        clamped = np.clip(np.where(np.isnan(values), 0.0, values).astype(np.float64), 0.0, 1.0)
    assert np.abs(got.astype(np.float64) - clamped * 255.0).max() <= 0.5001
    encode_image(values)


@pytest.mark.parametrize(
    ("value", "byte"),
    [(0.0, 0), (1.0, 255), (0.5, 128), (1.5, 255), (-0.5, 0), (254.6 / 255, 255), (254.4 / 255, 254)],
)
def test_rounding(value: float, byte: int) -> None:
    assert to_uint8(np.full((1, 1, 3), value, np.float32)).ravel().tolist() == [byte] * 3


def test_not_a_number_and_infinities() -> None:
    row = np.array([[[np.nan, np.inf, -np.inf]]], np.float32)
    assert to_uint8(row).ravel().tolist() == [0, 255, 0]


def test_inputs_are_not_changed() -> None:
    values = np.array([[[2.0, np.nan, 0.5]]], np.float32)
    encode_image(values)
    assert np.isnan(values[0, 0, 1])
    assert values[0, 0, 0] == 2.0


def test_opaque_is_jpeg_without_subsampling_at_95() -> None:
    image = opened(encode_image(noise(40, 30).pixels).data)
    assert isinstance(image, ImageFile.ImageFile)
    assert (image.format, image.size, image.mode) == ("JPEG", (40, 30), "RGB")
    assert [(c[1], c[2]) for c in image.layer] == [(1, 1)] * 3  # type: ignore[attr-defined]
    reference = Image.open(io.BytesIO(saved(image, "JPEG", quality=95, subsampling=0)))
    assert image.quantization == reference.quantization  # type: ignore[attr-defined]


def test_transparency_is_kept_where_it_is_read_and_white_elsewhere() -> None:
    values = np.full((4, 4, 4), (255, 0, 0, 128), np.uint8)
    kept = opened(encode_image(values, EncodeOptions(alpha=True)).data)
    assert (kept.format, kept.mode, kept.getpixel((0, 0))) == ("PNG", "RGBA", (255, 0, 0, 128))
    flat = opened(encode_image(values, LOSSLESS).data)
    assert (flat.mode, flat.getpixel((0, 0))) == ("RGB", (255, 127, 127))


def test_full_alpha_is_dropped() -> None:
    values = np.full((4, 4, 4), (255, 0, 0, 255), np.uint8)
    assert opened(encode_image(values, EncodeOptions(alpha=True)).data).format == "JPEG"


def test_grey_becomes_rgb() -> None:
    image = opened(encode_image(np.full((4, 4, 1), 0.5, np.float32), LOSSLESS).data)
    assert (image.mode, image.getpixel((0, 0))) == ("RGB", (128, 128, 128))


@pytest.mark.parametrize("shape", [(0, 4, 3), (4, 0, 3), (4, 4, 2), (4, 4, 5), (4, 4), (1, 4, 4, 3)])
def test_shapes_that_are_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError) as caught:
        encode_image(np.zeros(shape, np.float32))
    assert caught.value.key == "bad_shape"
    assert "x".join(map(str, shape)) in str(caught.value)


def test_the_longest_side_is_met_in_proportion() -> None:
    done = encode_image(noise(400, 100).pixels, EncodeOptions(max_side=200))
    assert (done.width, done.height) == (200, 50)
    assert done.resized_from == (400, 100)
    assert opened(done.data).size == (200, 50)


def test_bytes_are_met_by_recompressing_first() -> None:
    picture = noise(200, 200).pixels
    whole = encode_image(picture).base64_length
    done = encode_image(picture, EncodeOptions(max_base64=int(whole * 0.8)))
    assert (done.width, done.height, done.resized_from) == (200, 200, None)
    assert done.quality in (90, 85, 75)
    assert done.base64_length <= whole * 0.8


@settings(max_examples=25)
@given(st.integers(700, 60_000), st.booleans(), st.integers(1, 4).filter(lambda c: c != 2))
def test_any_limit_is_met_or_refused_with_the_numbers(limit: int, lossless: bool, channels: int) -> None:
    picture = noise(120, 90, channels).pixels
    try:
        done = encode_image(picture, EncodeOptions(lossless=lossless, alpha=True, max_base64=limit))
    except InputError as error:
        assert error.key == "picture_too_large"
        assert str(limit) in str(error)
        assert limit < 4000
        return
    assert done.base64_length <= limit
    assert opened(done.data).size == (done.width, done.height)
    assert done.width / done.height == pytest.approx(120 / 90, rel=0.15)


def test_a_jpeg_with_something_behind_its_end_is_whole() -> None:
    data = saved(Image.fromarray(noise(40, 30).pixels), "JPEG")
    assert decode_image(data + bytes(9000)).shape == (30, 40, 3)
    with pytest.raises(BadAnswerError):
        decode_image(data[:-200] + bytes(9000))


def test_a_mask_of_16_bits_is_scaled_and_turned() -> None:
    values = np.full((6, 4), 32768, np.uint16)
    exif = Image.Exif()
    exif[0x0112] = 6
    mask = decode_mask(saved(Image.fromarray(values), exif=exif))
    assert mask.shape == (4, 6) and mask.max() == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("codec", ["PNG", "JPEG"])
def test_a_mask_in_colour_is_read_by_its_lightness(codec: str) -> None:
    values = np.zeros((64, 96, 3), np.uint8)
    values[:, 48:] = 255
    mask = decode_mask(saved(Image.fromarray(values), codec))
    assert mask.shape == (64, 96) and mask[:, :40].max() < 0.05 and mask[:, 56:].min() > 0.95


def test_a_photo_is_no_mask() -> None:
    grey = np.linspace(0, 255, 64 * 64).reshape(64, 64).astype(np.uint8)
    assert decode_mask(saved(Image.fromarray(np.dstack([grey] * 3)))).min() == 1
    assert decode_mask(saved(Image.new("RGB", (20, 20), (255, 0, 0)))).min() == 1


def test_downscaling_is_said() -> None:
    done = encode_image(noise(300, 300).pixels, EncodeOptions(max_base64=20_000))
    assert done.resized_from == (300, 300)
    assert done.width < 300


def test_a_picture_within_the_limits_is_not_touched() -> None:
    done = encode_image(noise(100, 100).pixels, EncodeOptions(max_side=100, max_base64=10**6))
    assert (done.resized_from, done.quality) == (None, None)


def test_a_mask_keeps_its_polarity_and_takes_the_size_asked_for() -> None:
    mask = np.zeros((10, 20), np.float32)
    mask[:, 15:] = 1.0
    done = encode_mask(mask, (200, 100))
    image = opened(done.data)
    assert (image.format, image.mode, image.size) == ("PNG", "L", (200, 100))
    values = np.asarray(image)
    assert values[:, :130].max() == 0
    assert values[:, 170:].min() == 255


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_a_mask_of_the_right_size_is_exact(mask: NDArray[np.uint8]) -> None:
    image = opened(encode_mask(mask, (mask.shape[1], mask.shape[0])).data)
    assert (np.asarray(image) == mask).all()


@pytest.mark.parametrize("shape", [(0, 4), (4, 4, 1), (4,)])
def test_shapes_that_are_no_mask(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        encode_mask(np.zeros(shape, np.float32), None)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_kept(channels: int) -> None:
    values = np.random.default_rng(1).integers(0, 65536, (5, 7, channels)).astype(np.uint16)
    if channels == 4:
        values[:, :, 3] = 65535
    expected = values[:, :, :3].astype(np.float64) / 65535
    got = decode_image(deep_png(values))
    assert got.shape == (5, 7, 3)
    assert got.dtype == np.float32
    assert np.abs(got - expected).max() < 1e-6


def test_sixteen_bit_transparency_goes_over_white() -> None:
    values = np.zeros((2, 2, 4), np.uint16)
    values[:, :, 3] = 16384
    assert decode_image(deep_png(values))[0, 0].tolist() == pytest.approx([1 - 16384 / 65535] * 3)


def test_eight_bit_png_is_exact() -> None:
    values = np.random.default_rng(2).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    got = decode_image(saved(Image.fromarray(values)))
    assert (got == values.astype(np.float32) / np.float32(255)).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_is_obeyed(kind: str, orientation: int) -> None:
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = (255, 0, 0)
    upright[8:, 16:] = (0, 0, 255)
    turns: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.fromarray(np.ascontiguousarray(turns[orientation](upright)))
    options = {"quality": 95, "subsampling": 0} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    got = decode_image(saved(stored, kind, exif=exif, **options))
    assert got.shape == (16, 32, 3)
    assert np.abs(got - upright / 255.0).max() < 0.05


def test_palettes_greys_and_their_transparency_go_over_white() -> None:
    palette = Image.new("P", (4, 4), 1)
    palette.putpalette([0, 0, 0, 10, 20, 30])
    assert decode_image(saved(palette))[0, 0] * 255 == pytest.approx([10, 20, 30])
    assert decode_image(saved(palette, transparency=1))[0, 0].tolist() == [1.0] * 3
    grey = Image.new("LA", (4, 4), (100, 0))
    assert decode_image(saved(grey))[0, 0].tolist() == [1.0] * 3
    assert decode_image(saved(Image.new("L", (4, 4), 51)))[0, 0] == pytest.approx([0.2] * 3)
    assert decode_image(saved(Image.new("1", (4, 4), 1)))[0, 0].tolist() == [1.0] * 3
    keyed = saved(Image.new("RGB", (4, 4), (1, 2, 3)), transparency=(1, 2, 3))
    assert decode_image(keyed)[0, 0].tolist() == [1.0] * 3
    half = saved(Image.new("RGBA", (4, 4), (0, 0, 0, 51)))
    assert decode_image(half)[0, 0] == pytest.approx([0.8] * 3, abs=0.003)


def test_cmyk_jpeg() -> None:
    got = decode_image(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))
    assert got[8, 8] == pytest.approx([1.0, 0.0, 0.0], abs=0.05)


@pytest.mark.parametrize("kind", ["PPM", "ICO", "PCX", "TGA", "EPS", "DDS"])
def test_other_formats_are_refused(kind: str) -> None:
    with pytest.raises(BadAnswerError) as caught:
        decode_image(saved(Image.new("RGB", (16, 16)), kind))
    assert caught.value.key == "picture_broken"


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "TIFF", "AVIF", "JPEG2000", "QOI"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_a_cut_picture_is_never_filled_in(
    kind: str, part: float, lenient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", lenient)
    data = saved(Image.fromarray(noise(90, 90).pixels), kind)  # type: ignore[arg-type]
    assert decode_image(data).shape == (90, 90, 3)
    with pytest.raises(BadAnswerError) as caught:
        decode_image(data[: int(len(data) * part)])
    assert caught.value.key == "picture_broken"


@pytest.mark.parametrize("limit", ["Pillow's own", None])
def test_a_bomb_is_not_opened(limit: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if limit is None:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    rows = zlib.compress(b"\0" * 1000)
    head = struct.pack(">IIBBBBB", 20000, 20000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    with pytest.raises(BadAnswerError) as caught:
        decode_image(bomb)
    assert caught.value.key == "picture_bomb"


@given(st.binary(max_size=400))
def test_random_bytes(data: bytes) -> None:
    with pytest.raises(BadAnswerError):
        decode_image(data)


SAMPLES = [
    png(12, 9),
    png(12, 9, "RGBA"),
    png(12, 9, "P"),
    deep_png(np.arange(5 * 7 * 3, dtype=np.uint16).reshape(5, 7, 3)),
    saved(Image.fromarray(noise(24, 16).pixels), "JPEG"),  # type: ignore[arg-type]
    saved(Image.fromarray(noise(24, 16).pixels), "WEBP"),  # type: ignore[arg-type]
    saved(Image.new("RGB", (12, 9)), "BMP"),
]


@settings(max_examples=250)
@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6),
    st.integers(0, 60),
)
def test_mutated_pictures(sample: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(sample)
    for position, value in changes:
        data[position % len(data)] = value
    mutated = bytes(data[: len(data) - cut])
    try:
        got = decode_image(mutated)
    except BadAnswerError:
        with pytest.raises(BadAnswerError):
            verify_image(mutated)
        return
    verify_image(mutated)
    assert got.ndim == 3
    assert got.shape[2] == 3
    assert got.dtype == np.float32
    assert 0.0 <= got.min() <= got.max() <= 1.0


@pytest.mark.parametrize("wrap", ["{}", "data:image/png;base64,{}", " {}\n"])
def test_base64_with_the_prefixes_and_blanks_that_occur(wrap: str) -> None:
    assert decode_base64(wrap.format(base64.b64encode(png()).decode())) == png()


@given(st.text(max_size=60))
def test_any_text_is_base64_or_our_error(text: str) -> None:
    try:
        decode_base64(text)
    except BadAnswerError as error:
        assert error.key == "bad_base64"


def flat_png(width: int, height: int) -> bytes:
    """A whole 1-bit PNG of any size, white, in little memory."""
    row = b"\0" + b"\xff" * ((width + 7) // 8)
    packer = zlib.compressobj(1)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("data", [*SAMPLES, flat_png(1000, 700)])
def test_a_whole_picture_is_verified_and_a_cut_one_is_not(data: bytes) -> None:
    verify_image(data)
    for cut in (data[: len(data) // 2], b"", data[:20]):
        with pytest.raises(BadAnswerError):
            verify_image(cut)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_bomb_is_not_verified() -> None:
    with pytest.raises(BadAnswerError) as caught:
        verify_image(flat_png(20_000, 5_001))
    assert caught.value.key == "picture_bomb"


def test_the_pixels_of_an_answer_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_ANSWER_TOTAL_PIXELS", 1000)
    counted = AnswerPixels()
    counted.add(flat_png(20, 30))
    for data, key in [(flat_png(20, 21), "picture_bomb"), (flat_png(20, 20)[:20], "picture_broken")]:
        with pytest.raises(BadAnswerError) as caught:
            counted.add(data)
        assert caught.value.key == key
    counted.add(flat_png(20, 20)[:45])  # a header is enough
    with pytest.raises(BadAnswerError, match="1001"):
        counted.add(flat_png(1, 1))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_largest_documented_answer_fits() -> None:
    """15 pictures of 4096 x 4096."""
    counted, head = AnswerPixels(), flat_png(4096, 4096)[:45]
    for _ in range(15):
        counted.add(head)
    counted = AnswerPixels()
    for _ in range(2):
        counted.add(flat_png(10_000, 10_000)[:45])
    with pytest.raises(BadAnswerError, match="300000000"):
        counted.add(flat_png(10_000, 10_000)[:45])


PEAK = """
import resource, sys
from pathlib import Path
from volcv_client.calls.call import FileDecoder
from volcv_client.store.result import ResultFile
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
data = Path(sys.argv[1]).read_bytes()
before = peak()
decoder = FileDecoder()
for _ in range(6):
    decoder.decode(ResultFile(data=data))
print(peak() - before)
"""


def test_checking_several_large_pictures_takes_the_memory_of_one(tmp_path: Path) -> None:
    """6 pictures of 36 megapixels: 36 MB each as Pillow holds them, 432 MB as float32."""
    pytest.importorskip("resource")
    file = tmp_path / "a.png"
    file.write_bytes(flat_png(6000, 6000))
    done = subprocess.run([sys.executable, "-c", PEAK, str(file)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100

"""File formats of answers: which are opened, told by their bytes, and which guards hold for all of them."""

from __future__ import annotations

import io
import struct
from typing import IO

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

from tests.support.pictures import encoded as saved
from volcv_client.errors import BadAnswerError
from volcv_client.images.decode import decode_image
from volcv_client.images.formats import CONTENT_TYPES, is_mp4, is_picture, picture_extension

from .helpers import png


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "AVIF", "JPEG2000", "QOI"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
def test_every_raster_format_is_opened(kind: str, mode: str) -> None:
    if (kind, mode) == ("QOI", "L"):
        pytest.skip("Pillow writes none")
    data = saved(Image.new(mode, (20, 10), {"L": 51}.get(mode, "red")), kind)
    got = decode_image(data)
    assert got.shape == (10, 20, 3)
    assert got[5, 10] == pytest.approx([0.2] * 3 if mode == "L" else [1.0, 0.0, 0.0], abs=0.02)
    assert picture_extension(data) in CONTENT_TYPES
    assert is_picture(data) and not is_mp4(data)


def test_a_transparent_gif_lies_on_white_and_its_first_frame_counts() -> None:
    first, second = Image.new("RGBA", (6, 4), (0, 0, 0, 0)), Image.new("RGBA", (6, 4), "blue")
    assert decode_image(saved(first, "GIF", save_all=True, append_images=[second])).min() == 1.0


def test_heif_is_opened_once_a_plugin_is_registered(monkeypatch: pytest.MonkeyPatch) -> None:
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    data = head + png(6, 4)
    assert picture_extension(data) == ".heic" and not is_mp4(data)
    with pytest.raises(BadAnswerError):
        decode_image(data)

    def plugin(file: IO[bytes], _name: str | bytes) -> PngImageFile:
        return PngImageFile(io.BytesIO(file.read()[len(head) :]))

    monkeypatch.setitem(Image.OPEN, "HEIF", (plugin, lambda start: start[4:12] == b"ftypheic"))
    assert decode_image(data).shape == (4, 6, 3)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", ["GIF", "TIFF"])
def test_a_bomb_of_another_format_is_not_opened(kind: str) -> None:
    data = bytearray(saved(Image.new("1", (8, 8)), kind))
    if kind == "GIF":
        data[6:10] = struct.pack("<HH", 10_001, 10_000)
    else:
        data = bytearray(saved(Image.new("1", (10_001, 10_000)), kind, compression="group4"))
        assert len(data) < 200_000
    with pytest.raises(BadAnswerError) as caught:
        decode_image(bytes(data))
    assert caught.value.key == "picture_bomb"


@pytest.mark.parametrize(
    ("start", "extension"),
    [
        (b"\0\0\0\x1cftypavif", ".avif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", ".avif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1heic", ".heic"),
        (b"\0\0\0\x1cftypheix", ".heic"),
        (b"\0\0\0\x1cftypisom", ".bin"),
        (b"MM\0*\0\0\0\x08", ".tiff"),
        (b"<!DOCTYPE html>", ".bin"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", ".bin"),
        (b"%PDF-1.7", ".bin"),
        (b"", ".bin"),
    ],
)
def test_first_bytes_tell_the_format(start: bytes, extension: str) -> None:
    assert picture_extension(start) == extension
    assert is_picture(start) is (extension != ".bin")
    assert is_mp4(start) is (b"isom" in start)

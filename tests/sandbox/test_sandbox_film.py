"""Films: the file is read back box by box, independently of the code that writes it."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from tests.gateway.helpers import FILM, encode, poll, submit
from volcv_client.sandbox import SandboxServer

CONTAINERS = ("moov", "trak", "mdia", "minf", "dinf", "stbl")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def boxes(data: bytes, found: dict[str, tuple[int, bytes]], start: int = 0) -> dict[str, tuple[int, bytes]]:
    """Every box by its path: where its content starts in the file, and the content."""
    place = 0
    while place < len(data):
        size, kind = struct.unpack_from(">I4s", data, place)
        assert 8 <= size <= len(data) - place
        name = kind.decode("ascii")
        content = data[place + 8 : place + size]
        found[name] = (start + place + 8, content)
        if name in CONTAINERS:
            boxes(content, found, start + place + 8)
        place += size
    return found


def film(server: SandboxServer, req_json: dict[str, Any] | None = None, **changes: Any) -> bytes:
    data = poll(server, FILM, submit(server, FILM, **changes), **(req_json or {})).json()["data"]
    assert data["status"] == "done"
    assert data["algorithm_base_resp"]["status_code"] == 0
    assert data["aigc_meta_tagged"] is bool(req_json and "aigc_meta" in req_json)
    answer = requests.get(data["video_url"], timeout=5)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert data["video_url"].startswith(f"{server.url}/files/")
    return answer.content


def frames(data: bytes) -> list[Image.Image]:
    """The samples, found through the sample table."""
    found = boxes(data, {})
    _, _, count = struct.unpack_from(">3I", found["stsz"][1])
    sizes = struct.unpack_from(f">{count}I", found["stsz"][1], 12)
    chunks, offset = struct.unpack_from(">2I", found["stco"][1], 4)
    per_chunk = struct.unpack(">4I", found["stsc"][1][4:])
    assert (chunks, per_chunk) == (1, (1, 1, count, 1))
    assert offset == found["mdat"][0]
    assert sum(sizes) == len(found["mdat"][1])
    pictures = []
    for size in sizes:
        pictures.append(Image.open(io.BytesIO(data[offset : offset + size])).convert("RGB"))
        offset += size
    return pictures


def seconds(data: bytes) -> float:
    found = boxes(data, {})
    movie, length = struct.unpack_from(">2I", found["mvhd"][1], 12)
    ticks, media = struct.unpack_from(">2I", found["mdhd"][1], 12)
    _, entries, count, step = struct.unpack(">4I", found["stts"][1])
    assert (movie, length, entries, count * step) == (ticks, media, 1, media)
    return media / ticks


@pytest.mark.parametrize(
    ("changes", "size", "length"),
    [
        ({}, (480, 272), 5.0),
        ({"frames": 241, "aspect_ratio": "9:16"}, (272, 480), 10.0),
        ({"aspect_ratio": "21:9"}, (552, 240), 5.0),
    ],
)
def test_size_and_length(server: SandboxServer, changes: dict[str, Any], size: tuple[int, int], length: float) -> None:
    data = film(server, **changes)
    assert data[4:8] == b"ftyp"
    assert seconds(data) == length
    pictures = frames(data)
    assert len(pictures) == 24
    assert {picture.size for picture in pictures} == {size}
    track = boxes(data, {})["tkhd"][1]
    assert struct.unpack_from(">2I", track, 76) == (size[0] << 16, size[1] << 16)
    entry = boxes(data, {})["stsd"][1][8:]
    assert entry[4:8] == b"mp4v"
    assert struct.unpack_from(">2H", entry, 32) == size
    first, last = (np.asarray(picture, dtype=np.int16) for picture in (pictures[0], pictures[-1]))
    assert np.abs(first - last).mean() > 2


def test_a_picture_is_the_first_frame_and_gives_the_shape(server: SandboxServer) -> None:
    picture = Image.new("RGB", (400, 400), (200, 40, 40))
    pictures = frames(film(server, binary_data_base64=[encode(picture)], prompt=None))
    assert pictures[0].size == (360, 360)
    corner = np.asarray(pictures[0])[40:80, 10:60].reshape(-1, 3).mean(axis=0)
    assert np.abs(corner - (200, 40, 40)).max() < 8


def test_seeds_watermarks_and_labels(server: SandboxServer) -> None:
    plain = film(server)
    assert film(server) == plain != film(server, seed=2)
    logo = {"add_logo": True, "logo_text_content": "MINE"}
    marked = film(server, {"logo_info": logo, "aigc_meta": {"producer_id": "me"}, "return_url": True})
    assert len(frames(marked)) == 24
    corners = [np.asarray(frames(data)[5], dtype=np.int16)[-40:, -160:] for data in (plain, marked)]
    assert np.abs(corners[0] - corners[1]).mean() > 1

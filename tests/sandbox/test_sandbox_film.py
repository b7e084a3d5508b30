"""Films: the file is read back box by box and macroblock by macroblock."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests
from PIL import Image

from tests.gateway.helpers import FILM, encode, poll, submit
from tests.support.film import boxes, frames_of, samples, size_of
from volcv_client.sandbox import SandboxServer
from volcv_client.sandbox.h264 import encode_frames
from volcv_client.sandbox.mp4 import mux


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer() as running:
        yield running


def film(server: SandboxServer, req_json: dict[str, Any] | None = None, **changes: Any) -> bytes:
    data = poll(server, FILM, submit(server, FILM, **changes), **(req_json or {})).json()["data"]
    assert data["status"] == "done"
    assert data["algorithm_base_resp"]["status_code"] == 0
    assert data["aigc_meta_tagged"] is bool(req_json and "aigc_meta" in req_json)
    answer = requests.get(data["video_url"], timeout=5)
    assert answer.headers["Content-Type"] == "video/mp4"
    assert data["video_url"].startswith(f"{server.url}/files/")
    return answer.content


def seconds(data: bytes) -> float:
    found = boxes(data)
    movie, length = struct.unpack_from(">2I", found["mvhd"][1], 12)
    ticks, media = struct.unpack_from(">2I", found["mdhd"][1], 12)
    _, entries, count, step = struct.unpack(">4I", found["stts"][1])
    assert (movie, length, entries, count * step) == (ticks, media, 1, media)
    return media / ticks


@pytest.mark.parametrize(
    ("changes", "size", "length"),
    [
        ({}, (320, 184), 5.0),
        ({"frames": 241, "aspect_ratio": "9:16"}, (184, 320), 10.0),
        ({"aspect_ratio": "21:9"}, (368, 160), 5.0),
    ],
)
def test_size_and_length(server: SandboxServer, changes: dict[str, Any], size: tuple[int, int], length: float) -> None:
    data = film(server, **changes)
    assert data[4:8] == b"ftyp"
    assert seconds(data) == length
    pictures = frames_of(data)
    assert (len(samples(data)), len(pictures)) == (24 * length, 16)
    assert {picture.size for picture in pictures} == {size}
    track = boxes(data)["tkhd"][1]
    assert struct.unpack_from(">2I", track, 76) == (size[0] << 16, size[1] << 16)
    assert size_of(data) == size
    assert len(data) < 1_600_000
    first, last = (np.asarray(picture, dtype=np.int16) for picture in (pictures[0], pictures[-1]))
    assert np.abs(first - last).mean() > 2


def test_a_picture_is_the_first_frame_and_gives_the_shape(server: SandboxServer) -> None:
    picture = Image.new("RGB", (400, 400), (200, 40, 40))
    pictures = frames_of(film(server, binary_data_base64=[encode(picture)], prompt=None))
    assert pictures[0].size == (240, 240)
    corner = np.asarray(pictures[0])[30:60, 10:50].reshape(-1, 3).mean(axis=0)
    assert np.abs(corner - (200, 40, 40)).max() < 8


def test_seeds_watermarks_and_labels(server: SandboxServer) -> None:
    plain = film(server)
    assert film(server) == plain != film(server, seed=2)
    logo = {"add_logo": True, "logo_text_content": "MINE"}
    marked = film(server, {"logo_info": logo, "aigc_meta": {"producer_id": "me"}, "return_url": True})
    assert len(frames_of(marked)) == 16
    corners = [np.asarray(frames_of(data)[5], dtype=np.int16)[-30:, -110:] for data in (plain, marked)]
    assert np.abs(corners[0] - corners[1]).mean() > 1


def test_a_repeated_frame_costs_a_few_bytes(server: SandboxServer) -> None:
    """Frame numbers count up from the last new picture, so that a player can start at each of them."""
    units = samples(film(server))
    kinds = [unit[0] & 31 for unit in units]
    assert (kinds[0], set(kinds), kinds.count(5)) == (5, {1, 5}, 16)
    assert all(len(unit) < 16 for unit, kind in zip(units, kinds, strict=True) if kind == 1)


@pytest.mark.parametrize("color", [(0, 0, 0), (255, 255, 255), (255, 0, 0), (0, 0, 255)])
def test_no_start_code_stands_in_a_frame(color: tuple[int, int, int]) -> None:
    stream = encode_frames([Image.new("RGB", (20, 34), color)], 300)
    assert not any(mark in unit for unit in (stream.sps, stream.pps, *stream.frames) for mark in (b"\0\0\0", b"\0\0\1"))
    (shown,) = frames_of(mux(stream, 12.5))
    assert shown.size == (20, 34)
    assert np.abs(np.asarray(shown, dtype=np.int16) - color).max() <= 3

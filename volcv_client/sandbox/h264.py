"""A minimal H.264 stream (ITU-T H.264, Constrained Baseline) that browsers and ComfyUI play: uncompressed pictures.

A new picture is an IDR frame of I_PCM macroblocks, whose samples stand in the stream as they are; a repeated one is a P
frame that skips every macroblock. Nothing is predicted or transformed, so the encoder is exact and deterministic.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

#: Side of a macroblock in px.
BLOCK = 16
_BASELINE, _CONSTRAINED, _LEVEL = 66, 0xC0, 30
_SPS, _PPS, _IDR, _P = 0x67, 0x68, 0x65, 0x61
#: mb_type of I_PCM, in a slice of type I; slice types that hold for the whole picture.
_I_PCM, _SLICE_I, _SLICE_P = 25, 7, 5
#: Bits of frame_num.
_COUNTER = 8
#: BT.601 (primaries, transfer and matrix 6), the limited range of video.
_COLOR = 6


@dataclass(frozen=True)
class Stream:
    """The coded frames in order and the parameter sets that they need; ``keys``: places of the IDR frames."""

    size: tuple[int, int]
    sps: bytes
    pps: bytes
    frames: Sequence[bytes]
    keys: Sequence[int]


def encode_frames(pictures: Sequence[Image.Image], count: int) -> Stream:
    """``count`` frames that show the pictures (RGB, all of one even size) one after the other, equally long."""
    width, height = pictures[0].size
    blocks = -(-width // BLOCK), -(-height // BLOCK)
    keys = [-(-number * count // len(pictures)) for number in range(len(pictures))]
    frames: list[bytes] = []
    for number, (first, following) in enumerate(zip(keys, [*keys[1:], count], strict=True)):
        frames.append(_unit(_IDR, _idr(pictures[number], blocks, number % 2)))
        frames += [_unit(_P, _repeated(blocks, place)) for place in range(1, following - first)]
    return Stream(
        (width, height), _unit(_SPS, _sequence((width, height), blocks)), _unit(_PPS, _picture()), frames, keys
    )


def ue(value: int) -> str:
    """Exp-Golomb code of an unsigned number, as bits (9.1)."""
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def _unit(kind: int, payload: bytes) -> bytes:
    """A NAL unit with emulation prevention: no start code can arise inside (7.4.1)."""
    return bytes([kind]) + re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", payload)


def _closed(bits: str) -> bytes:
    """The bits and the stop bit, filled up to whole bytes."""
    bits += "1"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _sequence(size: tuple[int, int], blocks: tuple[int, int]) -> bytes:
    """Sequence parameter set (7.3.2.1.1): pictures in display order, one reference, cropped to ``size``."""
    crop = [(blocks[axis] * BLOCK - size[axis]) // 2 for axis in (0, 1)]
    bits = ue(0) + ue(_COUNTER - 4) + ue(2) + ue(1) + "0" + ue(blocks[0] - 1) + ue(blocks[1] - 1) + "11"
    bits += "1" + ue(0) + ue(crop[0]) + ue(0) + ue(crop[1])
    color = f"{5:03b}" + "0" + "1" + f"{_COLOR:08b}" * 3
    # VUI: no aspect ratio, no overscan, the colours; no chroma place, timing, HRD, picture structure or restriction
    bits += "1" + "00" + "1" + color + "000000"
    return bytes([_BASELINE, _CONSTRAINED, _LEVEL]) + _closed(bits)


def _picture() -> bytes:
    """Picture parameter set (7.3.2.2): CAVLC, and slices that say whether they are deblocked."""
    return _closed(ue(0) * 2 + "00" + ue(0) * 3 + "000" + ue(0) * 3 + "100")


def _idr(picture: Image.Image, blocks: tuple[int, int], idr_id: int) -> bytes:
    """A slice of I_PCM macroblocks: header, alignment and samples of each."""
    head = ue(0) + ue(_SLICE_I) + ue(0) + "0" * _COUNTER + ue(idr_id) + "00" + ue(0) + ue(1) + ue(_I_PCM)
    head += "0" * (-len(head) % 8)
    kind = ue(_I_PCM)
    start = int(kind.ljust(BLOCK, "0"), 2).to_bytes(2, "big")
    samples = macroblocks(picture, blocks)
    starts = np.broadcast_to(np.frombuffer(start, np.uint8), (len(samples), len(start)))
    coded = np.concatenate([starts, samples], axis=1).tobytes()[len(start) :]
    return int(head, 2).to_bytes(len(head) // 8, "big") + coded + b"\x80"


def _repeated(blocks: tuple[int, int], place: int) -> bytes:
    """A slice that skips every macroblock; ``place``: frames since the last IDR frame."""
    number = f"{place % 2**_COUNTER:0{_COUNTER}b}"
    return _closed(ue(0) + ue(_SLICE_P) + ue(0) + number + "000" + ue(0) + ue(1) + ue(blocks[0] * blocks[1]))


def macroblocks(picture: Image.Image, blocks: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """The samples of each macroblock, [blocks, 384] uint8: 16 x 16 luma, then 8 x 8 of each chroma (4:2:0)."""
    wide, tall = blocks
    rgb = np.asarray(picture.convert("RGB"), dtype=np.float32)
    rgb = np.pad(rgb, ((0, tall * BLOCK - rgb.shape[0]), (0, wide * BLOCK - rgb.shape[1]), (0, 0)), mode="edge")
    red, green, blue = np.moveaxis(rgb, 2, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    planes = [16 + luma * 219 / 255]
    for color, share in ((blue, 1.772), (red, 1.402)):
        chroma = 128 + (color - luma) / share * 224 / 255
        planes.append(chroma.reshape(tall * 8, 2, wide * 8, 2).mean(axis=(1, 3)))
    parts = []
    for plane in planes:
        side = plane.shape[1] // wide
        parts.append(plane.reshape(tall, side, wide, side).swapaxes(1, 2).reshape(tall * wide, side * side))
    # Samples below 16 do not arise, so that none of them can look like a start code.
    samples: npt.NDArray[np.uint8] = np.clip(np.rint(np.concatenate(parts, axis=1)), 16, 240).astype(np.uint8)
    return samples


def configuration(stream: Stream) -> bytes:
    """The record that an MP4 keeps the parameter sets in (ISO/IEC 14496-15, ``avcC``); lengths have four bytes."""
    head = bytes([1, _BASELINE, _CONSTRAINED, _LEVEL, 0xFF, 0xE1])
    sets = struct.pack(">H", len(stream.sps)) + stream.sps + b"\1" + struct.pack(">H", len(stream.pps)) + stream.pps
    return head + sets

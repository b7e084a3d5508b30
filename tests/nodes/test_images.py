"""Tensors to base64 and back."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from volcv_pack.nodes import images
from volcv_pack.volcv_client.errors import BadAnswerError, InputError
from volcv_pack.volcv_client.images.encode import EncodeOptions


def opened(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def png_bytes(array: np.ndarray, mode: str | None = None) -> bytes:
    buffer = io.BytesIO()
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(buffer, "PNG")
    return buffer.getvalue()


def test_an_opaque_tensor_becomes_a_jpeg_without_chroma_subsampling_and_without_prefix() -> None:
    text = images.tensor_to_base64(torch.rand(40, 60, 3))
    image = opened(text)
    assert not text.startswith("data:")
    assert (image.format, image.size, image.mode) == ("JPEG", (60, 40), "RGB")
    assert {component[1:3] for component in image.layer} == {(1, 1)}


def test_lossless_keeps_every_value() -> None:
    values = torch.randint(0, 256, (17, 23, 3))
    image = opened(images.tensor_to_base64(values / 255, EncodeOptions(lossless=True)))
    assert image.format == "PNG"
    assert np.array_equal(np.asarray(image), values.numpy())


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 24), st.integers(1, 24), st.integers(0, 2**32 - 1))
def test_eight_bit_values_survive_the_round_trip(height: int, width: int, seed: int) -> None:
    values = torch.from_numpy(np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.float32) / 255)
    data = base64.b64decode(images.tensor_to_base64(values, EncodeOptions(lossless=True)))
    back = images.bytes_to_tensor(data)
    assert back.shape == (1, height, width, 3) and back.dtype == torch.float32
    assert torch.equal(back[0], values)


def test_values_are_clamped_and_rounded_and_nan_is_black() -> None:
    tensor = torch.tensor([1.2, -0.1, float("nan"), 0.4999 / 255, 0.5001 / 255, 254.6 / 255]).reshape(1, 6, 1)
    image = opened(images.tensor_to_base64(tensor.repeat(1, 1, 3), EncodeOptions(lossless=True)))
    assert [pixel[0] for pixel in image.get_flattened_data()] == [255, 0, 0, 0, 1, 255]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_any_float_type_is_taken(dtype: torch.dtype) -> None:
    image = opened(images.tensor_to_base64(torch.ones(8, 8, 3, dtype=dtype), EncodeOptions(lossless=True)))
    assert image.getextrema() == ((255, 255),) * 3


def test_transparency_is_kept_as_png_and_opaque_alpha_is_dropped() -> None:
    tensor = torch.ones(8, 8, 4)
    assert opened(images.tensor_to_base64(tensor)).format == "JPEG"
    tensor[0, 0, 3] = 0.5
    image = opened(images.tensor_to_base64(tensor))
    assert (image.format, image.mode, image.getpixel((0, 0))) == ("PNG", "RGBA", (255, 255, 255, 128))


def test_transparency_is_flattened_onto_white_where_the_service_does_not_read_it() -> None:
    tensor = torch.zeros(8, 8, 4)
    image = opened(images.tensor_to_base64(tensor, EncodeOptions(lossless=True, alpha=False)))
    assert image.mode == "RGB" and image.getextrema() == ((255, 255),) * 3


def test_a_grey_tensor_is_spread_to_rgb() -> None:
    assert opened(images.tensor_to_base64(torch.rand(8, 8, 1))).mode == "RGB"


@pytest.mark.parametrize("shape", [(8, 8, 2), (8, 8, 5), (0, 8, 3), (8, 8)])
def test_other_shapes_are_refused_with_the_shape_in_the_message(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="x".join(map(str, shape))):
        images.tensor_to_base64(torch.zeros(shape))


def test_grey_and_transparent_files_come_back_as_rgb() -> None:
    grey = images.bytes_to_tensor(png_bytes(np.full((4, 5), 128, np.uint8)))
    assert grey.shape == (1, 4, 5, 3) and torch.all(grey == 128 / 255)
    clear = images.bytes_to_tensor(png_bytes(np.zeros((4, 5, 4), np.uint8)))
    assert torch.all(clear == 1.0)


def test_a_broken_file_is_an_error_and_never_a_picture() -> None:
    data = png_bytes(np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    for broken in (b"", b"<html>", data[: len(data) // 2], data[:-12]):
        with pytest.raises(BadAnswerError):
            images.bytes_to_tensor(broken)


def test_masks_of_two_and_three_dimensions_and_empty_ones() -> None:
    assert [mask.size for mask in images.to_masks(torch.zeros(3, 4, 6))] == [(6, 4)] * 3
    (single,) = images.to_masks(torch.zeros(4, 6))
    assert single.empty and not images.to_masks(torch.eye(3))[0].empty
    image = Image.open(io.BytesIO(images.to_masks(torch.eye(4))[0].encode(EncodeOptions(), (8, 8)).data))
    assert (image.format, image.mode, image.size) == ("PNG", "L", (8, 8))


def test_a_float32_tensor_shares_its_memory_and_other_types_are_converted() -> None:
    tensor = torch.rand(2, 4, 6, 3)
    assert images.to_pixels(tensor).ctypes.data == tensor.data_ptr()
    half = images.to_pixels(tensor.to(torch.bfloat16))
    assert half.dtype == np.float32 and np.abs(half - tensor.numpy()).max() < 0.01
    assert [one.size for one in images.to_images(tensor)] == [(6, 4)] * 2

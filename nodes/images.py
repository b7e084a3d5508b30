"""Tensors on one side, numpy arrays, bytes and base64 on the other.

ComfyUI's IMAGE is a float tensor ``[B, H, W, C]`` with values 0..1 (they may stray outside, on any device, in any
float type); MASK is ``[B, H, W]`` or ``[H, W]``.
"""

from __future__ import annotations

import torch
from numpy import float32
from numpy.typing import NDArray
from torch import Tensor

from ..volcv_client.images.base64_text import base64_pieces
from ..volcv_client.images.decode import decode_alpha, decode_image
from ..volcv_client.images.encode import EncodeOptions, encode_image
from ..volcv_client.images.image import Image, Mask


def tensor_to_base64(image: Tensor, options: EncodeOptions = EncodeOptions(alpha=True)) -> str:  # noqa: B008 - frozen
    """Raw base64 (no ``data:`` prefix) of one picture ``[H, W, C]``, C = 1, 3 or 4, values 0..1.

    Opaque pictures become JPEG quality 95 without chroma subsampling, or PNG if ``options.lossless``; transparent
    ones PNG. Values are clamped and rounded. Raises InputError for other shapes.
    """
    return b"".join(base64_pieces(encode_image(to_pixels(image), options).data)).decode("ascii")


def bytes_to_tensor(data: bytes) -> Tensor:
    """RGB float32 ``[1, H, W, 3]`` in 0..1 of a picture file: EXIF turned, 16 bits kept, alpha over white.

    Raises BadAnswerError for anything that is not a whole picture.
    """
    return torch.from_numpy(decode_image(data)).unsqueeze(0)


def load_alpha(data: bytes) -> Tensor:
    """Opacity ``[1, H, W]`` in 0..1 of a picture file; all 1 if it has no transparency."""
    return torch.from_numpy(decode_alpha(data)).unsqueeze(0)


def to_pixels(tensor: Tensor) -> NDArray[float32]:
    """The values on the CPU as float32; shares memory with a float32 tensor on the CPU."""
    array: NDArray[float32] = tensor.detach().to(device="cpu", dtype=torch.float32).numpy()
    return array


def to_images(image: Tensor) -> list[Image]:
    """The pictures of an IMAGE ``[B, H, W, C]``."""
    return [Image(pixels) for pixels in to_pixels(image)]


def to_masks(mask: Tensor) -> list[Image]:
    """The masks of a MASK ``[B, H, W]`` or ``[H, W]``."""
    return [Mask(pixels) for pixels in to_pixels(mask if mask.ndim == 3 else mask.unsqueeze(0))]

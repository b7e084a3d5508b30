"""Tensors on one side, bytes and base64 on the other.

ComfyUI's IMAGE is a float tensor ``[B, H, W, C]`` with values 0..1 (they may stray outside, on any device, in
any float type); MASK is ``[B, H, W]`` or ``[H, W]``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..volcv_client.images import pictures
from ..volcv_client.images.inline import text_pieces
from ..volcv_client.images.pictures import Encoded, Encoding
from ..volcv_client.request.payload import ArrayMask, ArrayPicture


def tensor_to_base64(image: Tensor, encoding: Encoding = Encoding(alpha=True)) -> str:  # noqa: B008 - frozen
    """Raw base64 (no ``data:`` prefix) of one picture ``[H, W, C]``, C = 1, 3 or 4, values 0..1.

    Opaque pictures become JPEG quality 95 without chroma subsampling, or PNG if ``encoding.lossless``;
    transparent ones PNG. Values are clamped and rounded. Raises InputError for other shapes.
    """
    return b"".join(text_pieces(TensorPicture(image).encode(encoding).data)).decode("ascii")


def bytes_to_tensor(data: bytes) -> Tensor:
    """RGB float32 ``[1, H, W, 3]`` in 0..1 of a picture file: EXIF turned, 16 bits kept, alpha over white.

    Raises BadAnswerError for anything that is not a whole picture.
    """
    return torch.from_numpy(pictures.decode(data)).unsqueeze(0)


def bytes_to_mask(data: bytes) -> Tensor:
    """What a picture file selects, MASK ``[1, H, W]`` in 0..1; see :func:`.pictures.decode_mask`."""
    return torch.from_numpy(pictures.decode_mask(data)).unsqueeze(0)


def load_alpha(data: bytes) -> Tensor:
    """Opacity ``[1, H, W]`` in 0..1 of a picture file; all 1 if it has no transparency."""
    return torch.from_numpy(pictures.decode_alpha(data)).unsqueeze(0)


def tensor_array(tensor: Tensor) -> NDArray[np.float32]:
    """The values on the CPU as float32; shares memory where it can."""
    array: NDArray[np.float32] = tensor.detach().to(device="cpu", dtype=torch.float32).numpy()
    return array


@dataclass(frozen=True)
class TensorPicture:
    """One picture ``[H, W, C]`` of a batch, moved off its device only when it is encoded."""

    tensor: Tensor

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.tensor.shape[1]), int(self.tensor.shape[0])

    def encode(self, encoding: Encoding, size: tuple[int, int] | None = None) -> Encoded:
        return ArrayPicture(tensor_array(self.tensor)).encode(encoding, size)


@dataclass(frozen=True)
class TensorMask:
    """One mask ``[H, W]`` of a batch."""

    tensor: Tensor

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return int(self.tensor.shape[1]), int(self.tensor.shape[0])

    @property
    def empty(self) -> bool:
        """Nothing is selected; LoadImage gives such a mask for pictures without transparency."""
        return not bool(torch.any(self.tensor))

    def encode(self, encoding: Encoding, size: tuple[int, int] | None = None) -> Encoded:
        return ArrayMask(tensor_array(self.tensor)).encode(encoding, size)


def picture_batch(image: Tensor) -> list[TensorPicture]:
    """The pictures of an IMAGE."""
    return [TensorPicture(one) for one in image]


def mask_batch(mask: Tensor) -> list[TensorMask]:
    """The masks of a MASK, also of a single ``[H, W]``."""
    return [TensorMask(one) for one in (mask if mask.ndim == 3 else mask.unsqueeze(0))]


def to_batch(images: Sequence[Tensor]) -> tuple[Tensor, bool]:
    """One IMAGE of several ``[1, H, W, 3]``, and whether sizes differed.

    Smaller pictures are centred on black; nothing is stretched or dropped.
    """
    height = max(image.shape[1] for image in images)
    width = max(image.shape[2] for image in images)
    if len(images) == 1:
        return images[0], False
    batch = torch.zeros(len(images), height, width, 3)
    for target, image in zip(batch, images, strict=True):
        top, left = (height - image.shape[1]) // 2, (width - image.shape[2]) // 2
        target[top : top + image.shape[1], left : left + image.shape[2]] = image[0]
    return batch, any(image.shape[1:3] != (height, width) for image in images)


def to_mask_batch(masks: Sequence[Tensor]) -> Tensor:
    """One MASK of several ``[1, H, W]``; smaller ones are centred on black, as :func:`to_batch` does with pictures."""
    batch, _ = to_batch([mask.unsqueeze(-1).expand(-1, -1, -1, 3) for mask in masks])
    return batch[..., 0]

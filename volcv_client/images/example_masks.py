"""The masks of the models' examples, which declare them as boxes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..catalog import Model
from ..catalog.examples import example_of, picture_path
from ..catalog.spec import MaskPicture
from .image import FileImage


def example_masks(model: Model) -> dict[str, NDArray[np.uint8]]:
    """Masks ``[H, W]`` by input name, as large as the pictures that they go with: 255 in the box, else 0."""
    example, masks = example_of(model), dict[str, NDArray[np.uint8]]()
    for mask in model.pictures():
        if isinstance(mask, MaskPicture) and mask.name in example.masks:
            base = example.pictures.get(mask.fit_to) or next(iter(example.pictures.values()))
            width, height = FileImage(picture_path(base)).size
            left, top, right, bottom = example.masks[mask.name]
            pixels = np.zeros((height, width), np.uint8)
            pixels[round(top * height) : round(bottom * height), round(left * width) : round(right * width)] = 255
            masks[mask.name] = pixels
    return masks

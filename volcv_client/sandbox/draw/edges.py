"""Edge detection in the manner of Canny: Sobel, thinning, two thresholds."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from .base import FloatArray

#: Larger pictures are analysed at this long side and the map is scaled up.
LONG_SIDE = 1536


def canny(picture: Image.Image) -> Image.Image:
    """White edges on black, mode L, at the picture's own size."""
    color = picture.convert("RGB")
    scale = min(1.0, LONG_SIDE / max(color.size))
    if scale < 1.0:
        color = color.resize((max(1, round(color.width * scale)), max(1, round(color.height * scale))))
    values = np.asarray(color.filter(ImageFilter.GaussianBlur(1.2)), dtype=np.float32)
    slopes = [sobel(values[..., channel]) for channel in range(3)]
    lengths = np.stack([np.hypot(right, down) for right, down in slopes])
    # Edges between colours of equal brightness count too: the strongest channel speaks for each pixel.
    best = lengths.argmax(axis=0)[None]
    right, down = (np.take_along_axis(np.stack([slope[part] for slope in slopes]), best, axis=0)[0] for part in (0, 1))
    thin = _thin(np.hypot(right, down), np.arctan2(down, right))
    found = thin[thin > 8]
    high = max(30.0, 0.25 * float(np.percentile(found, 95))) if found.size else 30.0
    edges = _connected(thin > high, thin > 0.4 * high)
    result = Image.fromarray(edges.astype(np.uint8) * 255)
    if scale < 1.0:
        result = result.resize(picture.size, Image.Resampling.BILINEAR).point(lambda value: 255 if value > 90 else 0)
    return result


def sobel(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Gradients to the right and downwards of a 2-D array."""
    around = np.pad(values, 1, mode="edge")
    left, middle, right = around[:, :-2], around[:, 1:-1], around[:, 2:]
    side = right - left
    across = side[:-2] + 2 * side[1:-1] + side[2:]
    rows = left + 2 * middle + right
    return across, rows[2:] - rows[:-2]


def smooth(values: FloatArray, radius: int) -> FloatArray:
    """A 2-D array blurred three times by a box, which is close to a Gaussian of ``radius`` px."""
    for _ in range(3):
        for axis in (0, 1):
            padding = [(0, 0), (0, 0)]
            padding[axis] = (radius + 1, radius)
            sums = np.cumsum(np.pad(values, padding, mode="edge"), axis=axis, dtype=np.float64)
            count = values.shape[axis]
            ahead = np.take(sums, range(2 * radius + 1, 2 * radius + 1 + count), axis=axis)
            values = ((ahead - np.take(sums, range(count), axis=axis)) / (2 * radius + 1)).astype(np.float32)
    return values


def _thin(strength: FloatArray, angle: FloatArray) -> FloatArray:
    """Keep only pixels that are the strongest across their edge."""
    sector = np.rint(angle / (np.pi / 4)).astype(int) % 4
    around = np.pad(strength, 1)
    height, width = strength.shape
    kept = np.zeros_like(strength)
    for number, (step_y, step_x) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = around[1 + step_y : 1 + step_y + height, 1 + step_x : 1 + step_x + width]
        behind = around[1 - step_y : 1 - step_y + height, 1 - step_x : 1 - step_x + width]
        best = (sector == number) & (strength >= ahead) & (strength > behind)
        kept[best] = strength[best]
    return kept


def _connected(strong: npt.NDArray[np.bool_], weak: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Strong edges and the weak ones that touch them, followed for a bounded number of steps."""
    for _ in range(24):
        around = np.pad(strong, 1)
        rows = around[:-2] | around[1:-1] | around[2:]
        grown = (rows[:, :-2] | rows[:, 1:-1] | rows[:, 2:]) & weak
        if np.array_equal(grown, strong):
            break
        strong = grown | strong
    return strong

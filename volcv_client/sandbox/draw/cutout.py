"""The product cut out of its picture: by mask, by alpha, or by the colour of the border."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops, ImageFilter

from .base import Order, has_alpha, to_rgb

_WORK_SIDE = 448
#: Largest typical difference (sum over channels) between border pixels that still counts as a plain border.
PLAIN = 16.0


def cut_out(order: Order) -> Image.Image:
    """The product picture as RGBA at its own size; alpha 255 is product."""
    picture = order.named["product_image_input"]
    values = order.values
    product = to_rgb(picture)
    if values["mask_image_switch"]:
        mask = to_rgb(order.named["mask_image_input"]).convert("L")
        if mask.size != picture.size:
            mask = mask.resize(picture.size, Image.Resampling.BILINEAR)
        alpha = ImageChops.invert(mask) if values["mask_invert_switch"] else mask
    elif values["product_alpha_switch"] and has_alpha(picture):
        rgba = picture.convert("RGBA")
        product, alpha = rgba.convert("RGB"), rgba.getchannel("A")
    else:
        alpha = segment(product)
    product.putalpha(alpha)
    return product


def product_box(product: Image.Image) -> tuple[int, int, int, int]:
    """Bounding box of the visible product; the whole picture when nothing is visible."""
    visible = product.getchannel("A").point(lambda value: 255 if value > 24 else 0)
    return visible.getbbox() or (0, 0, product.width, product.height)


def segment(product: Image.Image) -> Image.Image:
    """Mask, mode L, of everything that is not connected to the border through border-like colours."""
    scale = min(1.0, _WORK_SIDE / max(product.size))
    small = product.resize((max(1, round(product.width * scale)), max(1, round(product.height * scale))))
    pixels = np.asarray(small.filter(ImageFilter.GaussianBlur(0.8)), dtype=np.float32)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    middle = np.median(border, axis=0)
    spread = float(np.median(np.abs(border - middle).sum(axis=1)))
    if spread > PLAIN:
        return _middle(product.size)
    alike = np.abs(pixels - middle).sum(axis=2) < max(22.0, 4.0 * spread)
    ground = _reachable(alike)
    share = float(ground.mean())
    if share < 0.03 or share > 0.985:
        return _middle(product.size)
    mask = Image.fromarray(np.where(ground, 0, 255).astype(np.uint8)).filter(ImageFilter.MedianFilter(3))
    # One pixel less all around, where border and product colours mix; then a soft outline.
    mask = mask.filter(ImageFilter.MinFilter(3)).filter(ImageFilter.GaussianBlur(0.9))
    return mask.resize(product.size, Image.Resampling.BICUBIC)


def _middle(size: tuple[int, int]) -> Image.Image:
    """The guess when no plain border tells the product apart: a soft, rounded shape in the middle."""
    y = np.abs(np.linspace(-1, 1, size[1], dtype=np.float32))[:, None]
    x = np.abs(np.linspace(-1, 1, size[0], dtype=np.float32))[None, :]
    distance = ((x / 0.8) ** 3 + (y / 0.86) ** 3) ** (1 / 3)
    return Image.fromarray((np.clip((1 - distance) / 0.06 + 0.5, 0, 1) * 255).astype(np.uint8))


def _reachable(alike: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    found = np.zeros_like(alike)
    found[0], found[-1] = alike[0], alike[-1]
    found[:, 0], found[:, -1] = alike[:, 0], alike[:, -1]
    count = -1
    while count != int(found.sum()):
        count = int(found.sum())
        for _ in range(6):
            grown = found.copy()
            grown[1:] |= found[:-1]
            grown[:-1] |= found[1:]
            grown[:, 1:] |= found[:, :-1]
            grown[:, :-1] |= found[:, 1:]
            found = grown & alike
    return found

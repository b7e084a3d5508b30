"""img2img_e_commerce_style: the product on a studio scene, in three compositions (catalog section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .base import Drawn, FloatArray, Order, clamp, cover, to_array, to_picture, to_rgb
from .cutout import cut_out, product_box
from .marks import caption, logo_room, put_mark
from .palette import Palette, choose, mix
from .scene import studio

#: Where the light comes from, as x and y of the canvas.
_LIGHTS: dict[str, tuple[float, float]] = {
    "Left Light": (0.0, 0.5),
    "Right Light": (1.0, 0.5),
    "Top Light": (0.5, 0.0),
    "Bottom Light": (0.5, 1.0),
    "Top Left Light": (0.0, 0.0),
    "Top Right Light": (1.0, 0.0),
    "Bottom Left Light": (0.0, 1.0),
    "Bottom Right Light": (1.0, 1.0),
}


@dataclass(frozen=True)
class Composition:
    """Canvas size, the product as RGBA at its final scale, and its top-left corner in px."""

    size: tuple[int, int]
    product: Image.Image
    x: int
    y: int


def draw_product(order: Order) -> list[Drawn]:
    """One picture: scene, reference tint, light, shadow, product."""
    values, random = order.values, order.random()
    colors = choose(order.prompt, random)
    placed = compose(cut_out(order), values)
    layer = Image.new("RGBA", placed.size, (0, 0, 0, 0))
    layer.paste(placed.product, (placed.x, placed.y))
    box = product_box(layer)
    horizon = 0.62
    if layer.getchannel("A").getbbox() is not None:
        horizon = clamp((box[3] - 0.16 * (box[3] - box[1])) / placed.size[1], 0.35, 0.82)
    scene = studio(placed.size, random, colors, horizon)
    if values["ref_switch"]:
        scene = tinted(scene, to_rgb(order.named["ref_image_input"]), float(values["ref_weight"]))
    light = _light(order, placed.size)
    canvas = to_array(scene)
    if light is not None:
        canvas = _lit(canvas, light, colors, 1.0)
    canvas = _shadowed(canvas, layer, box, float(values["product_edge_weight"]))
    pixels = np.asarray(layer, dtype=np.float32)
    product, alpha = pixels[..., :3], pixels[..., 3:] / 255
    if light is not None and not values["product_safe_switch"]:
        # product_weight 1.3 keeps the product as it is; lower values let the light change it.
        product = _lit(product, light, colors, clamp((1.3 - float(values["product_weight"])) / 1.3, 0, 1))
    image = to_picture(canvas + (product - canvas) * alpha)
    _describe(image, order, colors)
    return [Drawn(put_mark(image))]


def compose(product: Image.Image, values: Mapping[str, Any]) -> Composition:
    """Place the cut-out product: original, automatic or manual."""
    if values["auto_composition_switch"]:
        return _automatic(product, values)
    if values["manual_composition_switch"]:
        if values["crop_prodcut_switch"]:
            product = product.crop(product_box(product))
        size = int(values["canvas_width"]), int(values["canvas_height"])
        # Offsets far outside are kept just outside: the picture is the same and stays within Pillow's limits.
        x = int(clamp(values["offset_x"], -product.width, size[0]))
        y = int(clamp(values["offset_y"], -product.height, size[1]))
        return Composition(size, product, x, y)
    scale = int(values["longer_side"]) / max(product.size)
    size = max(1, round(product.width * scale)), max(1, round(product.height * scale))
    return Composition(size, _resized(product, size), 0, 0)


def _automatic(product: Image.Image, values: Mapping[str, Any]) -> Composition:
    width, height = int(values["canvas_width"]), int(values["canvas_height"])
    product = product.crop(product_box(product))
    share = clamp(float(values["auto_scale"]), 0.01, 2.0)
    scale = min(width * share / product.width, height * share / product.height)
    size = max(1, round(product.width * scale)), max(1, round(product.height * scale))
    center_x = width * clamp(values["auto_offset_x"], -100, 200) / 100
    center_y = height * clamp(values["auto_offset_y"], -100, 200) / 100
    left, top = round(center_x - size[0] / 2), round(center_y - size[1] / 2)
    return Composition((width, height), _resized(product, size), left, top)


def _resized(product: Image.Image, size: tuple[int, int]) -> Image.Image:
    # Premultiplied, else the colour behind transparent pixels would bleed into the outline.
    return product.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")


def tinted(scene: Image.Image, reference: Image.Image, weight: float) -> Image.Image:
    """The scene in the colours of the reference, its large shapes shining through."""
    mood = cover(reference, scene.size).filter(ImageFilter.GaussianBlur(max(scene.size) * 0.028))
    mean = np.asarray(reference.resize((1, 1), Image.Resampling.BOX), dtype=np.float32).reshape(3)
    values = to_array(scene)
    gray = values.mean(axis=2, keepdims=True) / 150
    tinted = np.clip(mean * gray * 0.55 + to_array(mood) * 0.45, 0, 255)
    amount = clamp(weight, 0.0, 1.0) * 0.85
    return to_picture(values + (tinted - values) * amount)


def _light(order: Order, size: tuple[int, int]) -> FloatArray | None:
    """Brightness [h, w] from 0 to 1, None when no light was asked for."""
    if order.values["upload_light_switch"]:
        light = cover(to_rgb(order.named["light_image_input"]), size).convert("L")
        return np.asarray(light, dtype=np.float32) / 255
    if not order.values["preset_light_switch"]:
        return None
    source_x, source_y = _LIGHTS[order.values["light_position"]]
    y = ((np.arange(size[1], dtype=np.float32) + 0.5) / size[1])[:, None]
    x = ((np.arange(size[0], dtype=np.float32) + 0.5) / size[0])[None, :]
    # The source lies a little outside the frame, so that the beam enters it at full width.
    origin_x, origin_y = source_x + (source_x - 0.5) * 0.3, source_y + (source_y - 0.5) * 0.3
    away_x, away_y = x - origin_x, y - origin_y
    distance = np.hypot(away_x, away_y)
    aim = np.hypot(0.5 - origin_x, 0.5 - origin_y)
    along = (away_x * (0.5 - origin_x) + away_y * (0.5 - origin_y)) / np.maximum(distance * aim, 1e-6)
    beam = np.clip((along - 0.86) / 0.12, 0, 1)
    glow = np.exp(-((distance / 0.85) ** 2))
    brightness: FloatArray = np.clip(0.72 * glow + 0.42 * beam * np.exp(-distance / 1.1), 0, 1)
    return brightness


def _lit(values: FloatArray, light: FloatArray, colors: Palette, amount: float) -> FloatArray:
    glow = np.asarray(mix(colors.accent, (255, 255, 255), 0.4), dtype=np.float32)
    shaded = values * (0.55 + 0.6 * light)[..., None] + glow * (0.2 * light**1.5)[..., None]
    result: FloatArray = (values + (shaded - values) * amount).astype(np.float32)
    return result


def _shadowed(canvas: FloatArray, layer: Image.Image, box: tuple[int, int, int, int], edge: float) -> FloatArray:
    """A contact shadow under the product; product_edge_weight adds a rim that lifts it off the scene."""
    alpha = layer.getchannel("A")
    if alpha.getbbox() is None:
        return canvas
    wide, tall = box[2] - box[0], box[3] - box[1]
    shadow = Image.new("L", layer.size, 0)
    inset, depth = wide * 0.02, max(2.0, min(tall * 0.055, wide * 0.12))
    oval = box[0] + inset, box[3] - depth, box[2] - inset, box[3] + depth * 0.8
    ImageDraw.Draw(shadow).ellipse(oval, fill=190)
    soft = shadow.filter(ImageFilter.GaussianBlur(max(1.5, depth * 0.45)))
    dark = np.asarray(soft, dtype=np.float32) / 255
    around = np.asarray(alpha.filter(ImageFilter.GaussianBlur(max(2.0, wide * 0.05))), dtype=np.float32) / 255
    result = canvas * (1 - np.clip(0.72 * dark + 0.2 * around, 0, 0.9))[..., None]
    rim = clamp(edge, 0.0, 1.0)
    if rim > 0:
        result = result + (255 - result) * (around * rim)[..., None]
    return result.astype(np.float32)


def _describe(image: Image.Image, order: Order, colors: Palette) -> None:
    values = order.values
    mode = "original"
    if values["auto_composition_switch"]:
        mode = "automatic"
    elif values["manual_composition_switch"]:
        mode = "manual"
    details = [mode, f"{image.width}\u00d7{image.height}", order.seed_text]
    if values["preset_light_switch"]:
        details.append(values["light_position"].lower())
    margin = round(min(image.size) * 0.03)
    tall = round(min(image.height * 0.11, image.width * 0.14))
    foot = image.height - margin - logo_room(image.size, values["logo_info"])
    box = (margin, foot - tall, image.width - margin, foot)
    caption(image, box, order.prompt, details, colors.near, colors.accent)

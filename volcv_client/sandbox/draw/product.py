"""Product pictures: the cut-out product before a soft scene, in three compositions (catalog section 4.1)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageOps

from ...catalog.spec import Branch
from ..job import Job, allowed
from .base import WHITE, Drawn, FloatArray, Size, axes, clamp, cover, to_array, to_picture, to_rgb
from .cutout import cut_out, subject_box
from .marks import describe, put_mark
from .palette import choose, mix
from .restyle import tinted
from .scene import backdrop, size_of

#: Words of choices that ask for what is on a product, without the product; and for its repetition.
FLAT, TILED = {"pattern", "packaging", "logo", "texture"}, {"texture"}


def draw_product(job: Job) -> list[Drawn]:
    """One picture: scene, tint of the reference, light, shadow, product."""
    values, random, layer = job.values, job.random(), composed(job)
    colors, box = choose(job.prompt, random), subject_box(layer)
    wide, tall = box[2] - box[0], box[3] - box[1]
    # A landscape out of focus, and a table whose far edge is a little above the product's foot.
    scene = backdrop(layer.size, random, colors).filter(ImageFilter.GaussianBlur(max(layer.size) * 0.02))
    if values.get("ref_switch") and "ref_image_input" in job.named:
        scene = tinted(scene, to_rgb(job.named["ref_image_input"]), float(values.get("ref_weight", 0.75)))
    edge = round(clamp((box[3] - 0.16 * tall) / layer.height, 0.35, 0.82) * layer.height)
    depth = np.linspace(0.25, 0.7, layer.height - edge, dtype=np.float32)[:, None, None]
    canvas = to_array(scene).copy()
    canvas[edge:] += (np.asarray(mix(colors.near, colors.far, 0.4), dtype=np.float32) - canvas[edge:]) * depth
    light, pixels, alpha = _light(job, layer.size), to_array(layer)[..., :3], to_array(layer)[..., 3:] / 255
    if light is not None:
        glow = np.asarray(mix(colors.accent, WHITE, 0.4), dtype=np.float32) * 0.2 * light**1.5
        canvas = canvas * (0.55 + 0.6 * light) + glow
        # product_weight 1.3 keeps the product as it is; lower values let the light change it.
        change = clamp((1.3 - float(values.get("product_weight", 0.85))) / 1.3, 0, 1)
        if not values.get("product_safe_switch"):
            pixels = pixels + (pixels * (0.6 * light - 0.45) + glow) * change
    # A shadow around the product and below it; product_edge_weight adds a rim that lifts it off the scene.
    soft = layer.getchannel("A").filter(ImageFilter.GaussianBlur(max(2.0, wide * 0.05)))
    around = to_array(soft)[..., None] / 255
    below = to_array(ImageChops.offset(soft, 0, max(1, tall // 40)))[..., None] / 255
    canvas = canvas * (1 - 0.25 * around - 0.3 * below)
    canvas = canvas + (255 - canvas) * around * clamp(float(values.get("product_edge_weight", 0.0)), 0.0, 1.0)
    image = to_picture(canvas + (pixels - canvas) * alpha)
    describe(image, job, colors, share=0.11)
    return [Drawn(put_mark(image))]


def draw_extracted(job: Job) -> list[Drawn]:
    """One picture of the request's size: the product alone on plain white, or what is on it laid flat.

    Named by the model's title: the documented sentences are Chinese, for which a machine may have no font."""
    product = cut_out(job.pictures[0])
    product, size = product.crop(subject_box(product)), size_of(job)
    image = Image.new("RGB", size, WHITE)
    words = {word for label in _chosen(job) for word in label.split()}
    if words & FLAT:
        swatch = to_rgb(_below_middle(product))
        both = Image.new("RGB", (swatch.width * 2, swatch.height * 2))
        for x, y, turned in ((0, 0, swatch), (1, 0, ImageOps.mirror(swatch)), (0, 1, ImageOps.flip(swatch))):
            both.paste(turned, (x * swatch.width, y * swatch.height))
        both.paste(ImageOps.mirror(ImageOps.flip(swatch)), swatch.size)
        image = cover(both if words & TILED else swatch, size)
    else:
        product = _scaled(product, 0.66 * min(size[0] / product.width, size[1] / product.height))
        image.paste(product, ((size[0] - product.width) // 2, round((size[1] - product.height) * 0.38)), product)
    describe(image, job, choose(job.prompt, job.random()), job.model.title, share=0.1)
    return [Drawn(put_mark(image))]


def _chosen(job: Job) -> Iterator[str]:
    """The labels of the choices whose values the request holds."""
    for one in job.model.inputs:
        if isinstance(one, Branch):
            for label, option in one.options.items():
                if option.wire and option.wire.items() <= job.values.items():
                    yield label


def _below_middle(product: Image.Image) -> Image.Image:
    """The square of a product where a print mostly is."""
    side = max(1, round(0.6 * min(product.size)))
    left, top = (product.width - side) // 2, round((product.height - side) * 0.72)
    return product.crop((left, top, left + side, top + side))


def composed(job: Job) -> Image.Image:
    """The product as RGBA in its place on a transparent canvas: original, automatic or manual."""
    values, product = job.values, _product(job)
    canvas = int(values.get("canvas_width", 1000)), int(values.get("canvas_height", 1000))
    x = y = 0
    if values.get("auto_composition_switch"):
        product = product.crop(subject_box(product))
        share = clamp(float(values.get("auto_scale", 0.7)), 0.01, 2.0)
        product = _scaled(product, min(canvas[0] * share / product.width, canvas[1] * share / product.height))
        center = [clamp(int(values.get(f"auto_offset_{axis}", 50)), -100, 200) / 100 for axis in "xy"]
        x, y = (round(side * at - own / 2) for side, at, own in zip(canvas, center, product.size, strict=True))
    elif values.get("manual_composition_switch"):
        product = product.crop(subject_box(product)) if values.get("crop_prodcut_switch", True) else product
        # Offsets far outside are kept just outside: the picture is the same and stays within Pillow's limits.
        x = int(clamp(values.get("offset_x", 0), -product.width, canvas[0]))
        y = int(clamp(values.get("offset_y", 0), -product.height, canvas[1]))
    else:
        # A model without that field, which takes the product from the array, keeps its size.
        longest = int(values.get("longer_side", 1600 if job.named else max(product.size)))
        product = _scaled(product, longest / max(product.size))
        canvas = product.size
    layer = Image.new("RGBA", allowed(*canvas), (0, 0, 0, 0))
    layer.paste(product, (x, y))
    return layer


def _product(job: Job) -> Image.Image:
    """The product at its own size; alpha 255 is product: by the mask, else as any subject is cut out."""
    picture = job.named.get("product_image_input") or job.pictures[0]
    if not job.values.get("mask_image_switch") or "mask_image_input" not in job.named:
        return cut_out(picture if job.values.get("product_alpha_switch", True) else to_rgb(picture))
    mask = to_rgb(job.named["mask_image_input"]).convert("L").resize(picture.size, Image.Resampling.BILINEAR)
    product = to_rgb(picture)
    product.putalpha(ImageChops.invert(mask) if job.values.get("mask_invert_switch", True) else mask)
    return product


def _scaled(product: Image.Image, scale: float) -> Image.Image:
    size = allowed(max(1, round(product.width * scale)), max(1, round(product.height * scale)))
    # Premultiplied, else the colour behind transparent pixels would bleed into the outline.
    return product.convert("RGBa").resize(size, Image.Resampling.LANCZOS).convert("RGBA")


def _light(job: Job, size: Size) -> FloatArray | None:
    """Brightness [h, w, 1] from 0 to 1, None when no light was asked for."""
    if job.values.get("upload_light_switch") and "light_image_input" in job.named:
        return to_array(cover(to_rgb(job.named["light_image_input"]), size).convert("L"))[..., None] / 255
    if not job.values.get("preset_light_switch"):
        return None
    words = str(job.values.get("light_position", "Top Left Light")).split()
    source_x = 0.5 + 0.5 * (("Right" in words) - ("Left" in words))
    source_y = 0.5 + 0.5 * (("Bottom" in words) - ("Top" in words))
    y, x = axes(size)
    light: FloatArray = np.exp(-((np.hypot(x - source_x, y - source_y) / 0.8) ** 2))[..., None]
    return light

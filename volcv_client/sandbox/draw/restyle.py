"""Image to image: the sent picture in the colours of the prompt, in the look of a style, or as its controls see it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from ..job import MOST_PIXELS, Job, seeded
from .base import BLACK, Drawn, clamp, cover, shrunk, to_array, to_picture, to_rgb
from .marks import describe, put_mark
from .palette import Palette, choose, mix
from .scene import backdrop, size_of

#: Larger pictures are filtered at this long side and scaled up; no restored picture is longer than LONGEST.
LONG_SIDE, LONGEST = 1280, 4096
Controls = Sequence[Mapping[str, Any]]


#: Looks by the words of a style's name, as arguments of ``restyle``; a style without such a word gets one by chance.
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "cartoon comic comics marvel anime": {"tint": 0.2, "color": 1.6, "levels": 6, "smooth": 7, "outline": 0.9},
    "ink blueline chinese": {"tint": 0.9, "color": 0.2, "levels": 7, "smooth": 5, "outline": 0.5},
    "paint monet exquisite gubao": {"tint": 0.35, "color": 1.4, "levels": 9, "smooth": 9, "outline": 0.15},
    "clay 3d ceramics doll bubble weird": {"tint": 0.45, "color": 1.3, "levels": 8, "smooth": 9, "glow": 0.4},
    "disney makoto pretty light future cyberpunk": {"tint": 0.4, "color": 1.5, "smooth": 5, "glow": 0.6},
    "real money executive zhichangzhengjianzhao era": {"tint": 0.3, "color": 0.8},
}


def look_of(job: Job) -> Mapping[str, Any]:
    """The look that the request's style names, else a wash in the colours that its prompt names."""
    random = seeded(job.style) if job.style else job.random()
    colors = choose(job.prompt or job.style.replace("_", " "), random)
    words = set(job.style.split("_"))
    named = [look for names, look in LOOKS.items() if words & set(names.split())]
    by_chance = list(LOOKS.values())[int(random.integers(len(LOOKS)))] if job.style else {"tint": 0.75, "smooth": 3}
    look = named[0] if named else by_chance
    tint = clamp(look["tint"] + random.uniform(-0.1, 0.1), 0.1, 1.0)
    return {**look, "tint": tint, "tones": (colors.near, colors.far, colors.horizon)}


def restyle(picture: Image.Image, look: Mapping[str, Any], strength: float) -> Image.Image:
    """An RGB picture in a look, same size; ``strength`` 0..1 is how little of the original is left.

    ``tones``: dark, middle and light colour, mixed in by ``tint`` 0..1. ``color``: factor of saturation. ``levels``:
    grey levels left, 0 for all. ``smooth``: size in px of the median filter. ``outline``: darkness of drawn edges,
    0..1. ``glow``: how much a blurred copy lights it, 0..1."""
    source, levels = picture.resize(shrunk(picture.size, LONG_SIDE), Image.Resampling.BILINEAR), look.get("levels")
    image = source.filter(ImageFilter.MedianFilter(look.get("smooth", 1)))
    if levels:
        step = 255 / (levels - 1)
        bright, blue, red = image.convert("YCbCr").split()
        flat = bright.point(lambda value: round(round(value / step) * step))
        image = Image.merge("YCbCr", (flat, blue, red)).convert("RGB")
    image = ImageEnhance.Color(image).enhance(look.get("color", 1.1))
    gray, (dark, middle, light) = ImageOps.autocontrast(image.convert("L"), cutoff=1), look["tones"]
    image = Image.blend(image, ImageOps.colorize(gray, dark, light, middle), look["tint"])
    soft = image.filter(ImageFilter.GaussianBlur(max(2.0, max(source.size) * 0.015)))
    image = Image.blend(image, ImageChops.screen(image, soft), look.get("glow", 0.0))
    lines = source.convert("L").filter(ImageFilter.GaussianBlur(1.4)).filter(ImageFilter.FIND_EDGES)
    ink = lines.point(lambda value: 255 - round(min(255, max(0, value - 14) * 5) * look.get("outline", 0.0)))
    image = ImageChops.multiply(image, ink.convert("RGB"))
    return Image.blend(picture, image.resize(picture.size, Image.Resampling.BICUBIC), clamp(strength, 0.0, 1.0))


def draw_restyled(job: Job) -> list[Drawn]:
    """One picture of the first picture's size, or of the request's; a canny control adds its edge map, lossless."""
    values, colors = job.values, choose(job.prompt or job.style, job.random())
    if "resolution_boundary" in values:
        return [_restored(job)]
    if "resolution" in values:
        return [_enlarged(job)]
    controls: Controls = values.get("controlnet_args") or ()
    image = _controlled(job, controls, colors) if controls else _styled(job)
    reference = values.get("style_reference_args")
    if reference:
        other = to_rgb(job.picture(reference.get("binary_data_index", 0)))
        image = tinted(image, other, 0.2 + 0.8 * float(reference.get("style_weight", 0.0)))
    words = [word for word in job.style.split("_") if word not in ("img2img", "i2i", "ai", "create", "style")]
    describe(image, job, colors, ": ".join(filter(None, (" ".join(words), job.prompt))))
    edges = [_edges(_seen(job, one)).convert("RGB") for one in controls if one.get("type") == "canny"]
    return [Drawn(put_mark(image)), *(Drawn(put_mark(one), "PNG") for one in edges[:1])]


def _styled(job: Job) -> Image.Image:
    """The picture in its look: the more, the higher ``strength`` or ``scale``; the seed shifts the colours a little.
    A portrait is lightened and smoothed as ``beautify_info`` says."""
    values, source = job.values, to_rgb(job.pictures[0])
    source = cover(source, size_of(job)) if "width" in values else source
    amount = 0.4 + float(values["strength"] if "strength" in values else 0.6 * float(values.get("scale", 0.9)))
    image = restyle(source, look_of(job), max(amount, 0.35))
    if "seed" in values:
        image = to_picture(to_array(image) * job.random().uniform(0.93, 1.07, 3))
    beauty = values.get("beautify_info") or {}
    smoothing = clamp(float(beauty.get("dermabrasion", 0.0)), 0.0, 2.0)
    image = image.filter(ImageFilter.GaussianBlur(smoothing * max(image.size) * 0.001))
    return ImageEnhance.Brightness(image).enhance(1 + 0.12 * clamp(float(beauty.get("whitening", 0.0)), 0.0, 2.0))


def _seen(job: Job, control: Mapping[str, Any]) -> Image.Image:
    """The picture of a control, as large as the first one."""
    return cover(to_rgb(job.picture(control.get("binary_data_index", 0))), job.pictures[0].size)


def _controlled(job: Job, controls: Controls, colors: Palette) -> Image.Image:
    """What the controls see by their strengths, depth in colours and edges as lines, over a landscape."""
    image = backdrop(job.pictures[0].size, job.random(), colors)
    for one in controls:
        picture, strength = _seen(job, one), clamp(float(one.get("strength", 0.6)), 0.0, 1.0)
        if one.get("type") == "depth":
            gray = ImageOps.autocontrast(picture.convert("L"))
            relief = ImageOps.colorize(gray, mix(colors.near, BLACK, 0.3), colors.accent, colors.far)
            image = Image.blend(image, relief, strength * 0.95)
        else:
            lines = _edges(picture).filter(ImageFilter.GaussianBlur(0.8))
            image = Image.blend(image, Image.new("RGB", image.size, mix(colors.near, BLACK, 0.4)), strength * 0.7)
            image.paste(colors.accent, (0, 0), lines.point(lambda value, share=strength: round(value * share)))
    return image


def _edges(picture: Image.Image) -> Image.Image:
    """White edges on black, mode L; the strongest channel speaks for each pixel."""
    red, green, blue = picture.filter(ImageFilter.GaussianBlur(1.2)).filter(ImageFilter.FIND_EDGES).split()
    edges = ImageChops.lighter(red, ImageChops.lighter(green, blue)).point(lambda value: 255 if value > 24 else 0)
    # The filter leaves the border as it is.
    return ImageOps.expand(ImageOps.crop(edges, 2), 2) if min(edges.size) > 4 else edges


def tinted(scene: Image.Image, reference: Image.Image, weight: float) -> Image.Image:
    """The scene in the colours of the reference, its large shapes shining through."""
    mood = cover(reference, scene.size).filter(ImageFilter.GaussianBlur(max(scene.size) * 0.028))
    shaded = ImageChops.overlay(mood, scene.convert("L").convert("RGB"))
    return Image.blend(scene, shaded, clamp(weight, 0.0, 1.0) * 0.85)


def _enlarged(job: Job) -> Drawn:
    """The long side as ``resolution`` says (4k: 4096 px), the area at most MOST_PIXELS; the sharper, the higher
    ``scale``, 0..100. It never shrinks."""
    image = to_rgb(job.pictures[0]).filter(
        ImageFilter.UnsharpMask(2, percent=40 + 2 * int(job.values.get("scale", 50)))
    )
    side = 1024 * int(str(job.values["resolution"]).rstrip("k"))
    factor = min(side / max(image.size), math.sqrt(MOST_PIXELS / (image.width * image.height)))
    if factor > 1:
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.BICUBIC)
    return Drawn(put_mark(image))


def _restored(job: Job) -> Drawn:
    """Sharper, and twice the size below ``resolution_boundary``; PNG or JPEG as ``result_format`` says."""
    values, image = job.values, to_rgb(job.pictures[0])
    boundary = str(values["resolution_boundary"])
    if min(image.size) < (1440 if boundary == "2k" else int(boundary.rstrip("p"))):
        factor = min(2.0, LONGEST / max(image.size))
        image = image.resize((round(image.width * factor), round(image.height * factor)), Image.Resampling.LANCZOS)
    image = image.filter(ImageFilter.UnsharpMask(radius=2, percent=110, threshold=2))
    for switch, strength, whole in (("enable_hdr", values.get("hdr_strength", 1.0), True), ("enable_wb", 1.0, False)):
        if values.get(switch):
            image = Image.blend(image, ImageOps.autocontrast(image, 1, preserve_tone=whole), float(strength))
    # Pillow takes 0 for its own default.
    quality = max(1, int(values.get("jpg_quality", 95)))
    return Drawn(put_mark(image), "JPEG" if values.get("result_format") == 1 else "PNG", quality)

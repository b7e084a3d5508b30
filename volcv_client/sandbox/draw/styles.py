"""The style and portrait families: one filter per look."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from .base import Drawn, Order, clamp, to_array, to_picture, to_rgb
from .looks import PORTRAITS, STYLES
from .marks import WHITE, caption, logo_room, put_mark
from .palette import mix
from .recipes import Recipe, cook


def draw_style(order: Order) -> list[Drawn]:
    """The picture in a look, at its own size; the seed shifts its colours a little."""
    values = order.values
    key = values.get("sub_req_key") or values["req_key"]
    recipe = STYLES[key]
    image = cook(to_rgb(order.pictures[0]), recipe, clamp(0.4 + float(values["strength"]), 0.4, 1.0))
    image = to_picture(to_array(image) * order.random().uniform(0.93, 1.07, 3))
    _name(image, order, key, recipe, [order.seed_text, f"strength {values['strength']:g}"])
    return [Drawn(put_mark(image))]


def draw_portrait(order: Order) -> list[Drawn]:
    """The photo in a look and a frame, at its own size; lighter and softer as beautify_info asks for."""
    key = order.values["req_key"]
    recipe = PORTRAITS[key]
    beauty = order.values["beautify_info"] or {}
    whitening = clamp(float(beauty.get("whitening", 1.0)), 0.0, 2.0)
    dermabrasion = clamp(float(beauty.get("dermabrasion", 1.2)), 0.0, 2.0)
    photo = to_rgb(order.pictures[0])
    if dermabrasion:
        photo = photo.filter(ImageFilter.GaussianBlur(dermabrasion * max(photo.size) * 0.0015))
    image = ImageEnhance.Brightness(cook(photo, recipe)).enhance(1 + 0.12 * whitening)
    _frame(image, recipe)
    _name(image, order, key, recipe, [f"whitening {whitening:g}", f"dermabrasion {dermabrasion:g}"])
    return [Drawn(put_mark(image))]


def _frame(image: Image.Image, recipe: Recipe) -> None:
    wide = max(1, round(min(image.size) * 0.03))
    if min(image.size) < 3 * wide:
        return
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, image.width - 1, image.height - 1), outline=recipe.tones[0], width=wide)
    pen.rectangle((wide, wide, image.width - 1 - wide, image.height - 1 - wide), outline=recipe.tones[-1], width=1)


def _name(image: Image.Image, order: Order, key: str, recipe: Recipe, details: list[str]) -> None:
    words = [word for word in key.split("_") if word not in ("img2img", "i2i", "ai", "create", "style")]
    margin = round(min(image.size) * 0.05)
    foot = image.height - margin - logo_room(image.size, order.values["logo_info"])
    box = (margin, foot - round(image.height * 0.14), image.width - margin, foot)
    title = " ".join(words) if not order.prompt else f"{' '.join(words)}: {order.prompt}"
    accent = mix(recipe.tones[-1], WHITE, 0.3)
    caption(image, box, title, [*details, f"{image.width}\u00d7{image.height}"], recipe.tones[0], accent)

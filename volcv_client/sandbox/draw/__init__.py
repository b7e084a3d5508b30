"""Drawings that stand for the models' work, by the kinds that the pages name."""

from __future__ import annotations

from .anime import draw_anime
from .base import Drawer
from .character import draw_character
from .control import draw_control
from .edit import draw_edit
from .film import draw_film
from .gallery import draw_gallery
from .outpaint import draw_outpainting
from .product import draw_product
from .prompted import draw_prompted
from .repaint import draw_erased, draw_repainted
from .restore import draw_restored
from .saliency import draw_cut_out
from .styles import draw_portrait, draw_style
from .text_to_image import draw_text_to_image
from .xl import draw_xl

DRAWERS: dict[str, Drawer] = {
    "anime": draw_anime,
    "character": draw_character,
    "controlnet": draw_control,
    "edit": draw_edit,
    "erase": draw_erased,
    "film": draw_film,
    "gallery": draw_gallery,
    "inpaint": draw_repainted,
    "outpainting": draw_outpainting,
    "portrait": draw_portrait,
    "product": draw_product,
    "prompted": draw_prompted,
    "restore": draw_restored,
    "saliency": draw_cut_out,
    "style": draw_style,
    "text_to_image": draw_text_to_image,
    "xl": draw_xl,
}

__all__ = ["DRAWERS"]

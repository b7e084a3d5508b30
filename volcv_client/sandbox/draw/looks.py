"""The looks of the style and portrait families (catalog sections 5 and 6)."""

from __future__ import annotations

from .base import Color
from .recipes import Recipe


def _tones(text: str) -> tuple[Color, ...]:
    """Colours from dark to light, each as six hex digits."""
    parts = [bytes.fromhex(word) for word in text.split()]
    return tuple((part[0], part[1], part[2]) for part in parts)


#: By req_key, or by sub_req_key where a model has one.
STYLES: dict[str, Recipe] = {
    "img2img_disney_3d_style": Recipe(
        _tones("461e3c faaa6e fff0be"), tint=0.2, smooth=5, color=1.5, contrast=1.1, glow=0.5
    ),
    "img2img_real_mix_style": Recipe(_tones("16161a 968274 ffffff"), tint=0.15, color=0.85, contrast=1.3),
    "img2img_pastel_boys_style": Recipe(
        _tones("9682be c8dcfa fff0f5"), tint=0.5, smooth=5, outline=0.3, color=0.8, contrast=0.8
    ),
    "img2img_cartoon_style": Recipe(
        _tones("181e42 ff785a fcf4e2"), tint=0.1, levels=5, smooth=7, outline=1.0, color=1.7, contrast=1.1
    ),
    "img2img_makoto_style": Recipe(
        _tones("143278 5aaaf0 fffae6"), tint=0.35, smooth=3, color=1.5, contrast=1.05, glow=0.6
    ),
    "img2img_rev_animated_style": Recipe(
        _tones("321446 dc6e96 ffe6c8"), tint=0.3, levels=8, smooth=5, outline=0.6, color=1.4
    ),
    "img2img_blueline_style": Recipe(
        _tones("143caa bed2fa ffffff"), tint=0.95, smooth=5, outline=0.9, color=0.2, contrast=1.2
    ),
    "img2img_water_ink_style": Recipe(
        _tones("16161a 787c80 f6f4ee"), tint=0.95, levels=6, smooth=7, outline=0.3, color=0.1, contrast=1.2, grain=6
    ),
    "img2img_water_paint_style": Recipe(
        _tones("3c5082 aac8d2 fcf4e2"), tint=0.3, levels=9, smooth=9, outline=0.15, color=1.3, contrast=0.9, grain=10
    ),
    "img2img_exquisite_style": Recipe(
        _tones("3c1e1e dcaa6e fff6dc"), tint=0.35, smooth=3, outline=0.2, color=1.2, contrast=1.2, glow=0.3
    ),
    "i2i_ai_create_monet": Recipe(
        _tones("323c6e 96aa78 fae6c8"), tint=0.4, levels=7, smooth=9, color=1.4, contrast=0.95, grain=14
    ),
    "img2img_ceramics_style": Recipe(
        _tones("0a2878 78a0dc fafcff"), tint=0.9, smooth=3, outline=0.2, color=0.3, contrast=1.2, relief=0.5
    ),
    "img2img_chinese_style": Recipe(
        _tones("3c0a0a c43c28 fae2aa"), tint=0.6, levels=6, smooth=5, outline=0.6, color=1.2
    ),
    "img2img_comic_style_monet": Recipe(
        _tones("3c3278 b4a0c8 fff0d2"), tint=0.35, levels=6, smooth=7, outline=0.5, color=1.4, grain=8
    ),
    "img2img_comic_style_marvel": Recipe(
        _tones("140a28 dc2828 ffdc3c"), tint=0.35, levels=4, smooth=5, outline=1.0, color=1.8, contrast=1.4
    ),
    "img2img_comic_style_future": Recipe(
        _tones("0a0a28 8c28dc 50fafa"), tint=0.6, levels=5, smooth=5, outline=0.7, color=1.5, contrast=1.2, glow=0.5
    ),
    "img2img_pretty_style_ink": Recipe(
        _tones("16161a 825a5a fcf4e2"), tint=0.8, levels=5, smooth=5, outline=0.8, color=0.4, contrast=1.2, grain=4
    ),
    "img2img_pretty_style_light": Recipe(
        _tones("785a78 ffc8aa ffffff"), tint=0.4, smooth=3, color=1.1, contrast=0.9, glow=0.9
    ),
    "img2img_clay_style_3d": Recipe(
        _tones("6e3228 dc8c64 ffe2c4"), tint=0.5, levels=7, smooth=9, color=1.2, relief=0.9
    ),
    "img2img_clay_style_bubble": Recipe(
        _tones("5a2878 fa8cbe ffecfa"), tint=0.5, levels=5, smooth=9, color=1.4, relief=0.6, glow=0.4
    ),
    "img2img_3d_style_era": Recipe(
        _tones("281e14 b48c5a faecc8"), tint=0.5, smooth=3, color=0.9, contrast=1.1, relief=0.6
    ),
    "img2img_3d_style_movie": Recipe(
        _tones("061e2e 287882 ffbe78"), tint=0.55, smooth=3, color=1.1, contrast=1.3, relief=0.4
    ),
    "img2img_3d_style_doll": Recipe(
        _tones("782850 ffa0be fff0f0"), tint=0.45, levels=8, smooth=7, color=1.3, relief=0.5, glow=0.4
    ),
}

#: By req_key.
PORTRAITS: dict[str, Recipe] = {
    "img2img_photoverse_american_comics": Recipe(
        _tones("141446 e63c32 ffe278"), tint=0.3, levels=4, smooth=5, outline=1.0, color=1.6, contrast=1.3
    ),
    "img2img_photoverse_executive_ID_photo": Recipe(_tones("181e42 788caa ffffff"), tint=0.2, color=0.9, contrast=1.1),
    "img2img_photoverse_3d_weird": Recipe(
        _tones("1e3c28 96dc5a fafab4"), tint=0.4, smooth=7, color=1.5, contrast=1.1, relief=0.7
    ),
    "img2img_photoverse_cyberpunk": Recipe(
        _tones("100830 e628a0 3cf0fa"), tint=0.6, smooth=3, color=1.5, contrast=1.3, glow=0.6
    ),
    "img2img_xiezhen_gubao": Recipe(_tones("320e0e be3c32 fce2be"), tint=0.4, smooth=3, color=1.1, contrast=1.1),
    "img2img_xiezhen_babi_niuzai": Recipe(_tones("78145a ff6eb4 ffe6f5"), tint=0.45, smooth=3, color=1.4),
    "img2img_xiezhen_bathrobe": Recipe(
        _tones("6e605a dccec4 ffffff"), tint=0.4, smooth=3, color=0.8, contrast=0.9, glow=0.5
    ),
    "img2img_xiezhen_butterfly_machine": Recipe(
        _tones("141e5a 6e78e6 e6dcff"), tint=0.45, smooth=3, color=1.3, contrast=1.1, glow=0.4
    ),
    "img2img_xiezhen_zhichangzhengjianzhao": Recipe(
        _tones("282c38 8c96a6 ffffff"), tint=0.25, color=0.9, contrast=1.05
    ),
    "img2img_xiezhen_christmas": Recipe(
        _tones("3c0a10 28783c ffe6c8"), tint=0.4, smooth=3, color=1.3, contrast=1.1, glow=0.3
    ),
    "img2img_xiezhen_dessert": Recipe(
        _tones("82463c fab4b4 fff6e2"), tint=0.4, smooth=3, color=1.2, contrast=0.95, glow=0.4
    ),
    "img2img_xiezhen_old_money": Recipe(_tones("2e241a 967c5a f6eace"), tint=0.5, color=0.7, contrast=1.1, grain=5),
    "img2img_xiezhen_school": Recipe(_tones("1e3c5a 96bed2 fffcec"), tint=0.3, glow=0.3),
}

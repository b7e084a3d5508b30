"""Models of the native service that the gateway does not document (catalog section 6)."""

from __future__ import annotations

from .fields import (
    ARRAYS,
    COMMON,
    DIRECT,
    JPEG_AND_PNG,
    OPTIONAL_PROMPT,
    PROMPT,
    REQ_KEY,
    RETURN_URL,
    SEED,
    TASK,
    Field,
    Page,
)

JIMENG = "jimeng_t2i_v40"
FILM = "jimeng_ti2v_v30_pro"

#: Areas in px that jimeng_t2i_v40 makes, and its widest shape, as long to short side.
AREA = (1024 * 1024, 4096 * 4096)
WIDEST = 16.0

_BOUNDARIES = ("144p", "240p", "360p", "480p", "540p", "720p", "1080p", "2k")

_MODELS = (
    Page(
        JIMENG,
        (
            REQ_KEY,
            *ARRAYS,
            Field("prompt", "string", required=True, letters=800),
            Field("size", "int", low=AREA[0], high=AREA[1]),
            Field("width", "int", low=1),
            Field("height", "int", low=1),
            Field("scale", "float", 0.5, low=0.0, high=1.0),
            Field("force_single", "bool", False),
            Field("min_ratio", "float", 1 / 3, low=1 / WIDEST, high=WIDEST),
            Field("max_ratio", "float", 3.0, low=1 / WIDEST, high=WIDEST),
            Field("callback_url", "string", ""),
        ),
        ("request_id",),
        pictures=(0, 10),
        # 15 MB files, by address; clients keep a request with base64 within 10 MB (current models).
        base64_bytes=20_000_000,
        request_base64_bytes=10_000_000,
        formats=JPEG_AND_PNG,
        ratio=3.0,
        actions=(TASK,),
    ),
    Page(
        "seededit_v3.0",
        (REQ_KEY, *ARRAYS, PROMPT, SEED, Field("scale", "float", 0.5)),
        ("request_id",),
        pictures=(1, 1),
        actions=(TASK,),
    ),
    Page(
        "saliency_seg",
        (
            *COMMON,
            *ARRAYS,
            Field("only_mask", "int", 0, choices=(0, 1, 2, 3, 4)),
            Field("rgb", "ints", [-1, -1, -1], low=-1, high=255, items=3),
            Field("refine_mask", "int", 0, choices=(0, 1, 2)),
        ),
        ("contours_point",),
        pictures=(1, 1),
    ),
    Page(
        "lens_lqir",
        (
            REQ_KEY,
            RETURN_URL,
            *ARRAYS,
            Field("resolution_boundary", "string", "720p", choices=_BOUNDARIES),
            Field("enable_hdr", "bool", False),
            Field("hdr_strength", "float", 1.0, low=0.0, high=1.0),
            Field("enable_wb", "bool", False),
            Field("result_format", "int", 0, choices=(0, 1)),
            Field("jpg_quality", "int", 95, low=0, high=100),
        ),
        pictures=(1, 1),
        actions=(DIRECT, ("EnhancePhotoV2",)),
    ),
    Page(
        FILM,
        (
            REQ_KEY,
            OPTIONAL_PROMPT,
            *ARRAYS,
            SEED,
            Field("frames", "int", 121, choices=(121, 241)),
            Field("aspect_ratio", "string", "16:9", choices=("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")),
        ),
        pictures=(0, 1),
        formats=JPEG_AND_PNG,
        least_side=320,
        ratio=3.0,
        actions=(TASK,),
        video=True,
    ),
)

_STYLE_KEYS: dict[str, tuple[str, ...]] = {
    "img2img_disney_3d_style": (),
    "img2img_real_mix_style": (),
    "img2img_pastel_boys_style": (),
    "img2img_cartoon_style": (),
    "img2img_makoto_style": (),
    "img2img_rev_animated_style": (),
    "img2img_blueline_style": (),
    "img2img_water_ink_style": (),
    "img2img_water_paint_style": (),
    "img2img_comic_style": ("monet", "marvel", "future"),
    "img2img_exquisite_style": (),
    "i2i_ai_create_monet": (),
    "img2img_pretty_style": ("ink", "light"),
    "img2img_ceramics_style": (),
    "img2img_chinese_style": (),
    "img2img_clay_style": ("3d", "bubble"),
    "img2img_3d_style": ("era", "movie", "doll"),
}


def _style(key: str, variants: tuple[str, ...]) -> Page:
    choices = tuple(f"{key}_{variant}" for variant in variants)
    chosen = (Field("sub_req_key", "string", required=True, choices=choices),) if choices else ()
    return Page(
        key,
        (
            *COMMON,
            *ARRAYS,
            *chosen,
            OPTIONAL_PROMPT,
            Field("strength", "float", 0.6),
            SEED,
            Field("scale", "float", 8.0),
            Field("ddim_steps", "int", 20),
        ),
        ("comfyui_cost",),
        echo=True,
        pictures=(1, 1),
        formats=JPEG_AND_PNG,
    )


NATIVE_PAGES = (*_MODELS, *(_style(key, variants) for key, variants in _STYLE_KEYS.items()))

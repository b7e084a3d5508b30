"""The jobs of ``volcv demo``, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Box: TypeAlias = "tuple[float, float, float, float]"
"""Left, top, right and bottom as parts of a picture's width and height, 0..1."""


@dataclass(frozen=True)
class DemoJob:
    """One call to make.

    ``values``: by input name, over the defaults; ``pictures``: input name -> demo picture; ``masks``: input name ->
    the box that is selected in it.
    """

    model: str
    values: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)
    masks: Mapping[str, Box] = field(default_factory=dict)


JOBS = (
    DemoJob(
        "img2img_e_commerce_style",
        {
            "positive_prompt": "marble table, golden bokeh, evening light, perfume advertisement,",
            "composition": "automatic",
            "canvas_width": 1200,
            "canvas_height": 1000,
            "auto_offset_x": 50,
            "auto_offset_y": 46,
            "auto_scale": 0.66,
            "light": "Top Left Light",
            "seed": 59,
        },
        {"product_image": "product", "ref_image": "scene"},
    ),
    DemoJob(
        "i2i_outpainting",
        {
            "prompt": "A wide mountain lake at sunset, snowy peaks on both sides",
            "top": 0.1,
            "bottom": 0.0,
            "left": 0.4,
            "right": 0.4,
            "seed": 31,
        },
        {"image": "landscape"},
    ),
    DemoJob(
        "high_aes_ip_v20",
        {
            "prompt": "The little robot waters tomatoes in a rooftop greenhouse, morning light",
            "width": 512,
            "height": 512,
            "ref_ip_weight": 0.8,
            "seed": 23,
        },
        {"image": "character"},
    ),
    DemoJob(
        "high_aes_scheduler_svr_controlnet_v2.0",
        {
            "prompt": "The same living room as a cabin in a winter forest, warm lamps",
            "control_type": "depth",
            "control_strength": 0.8,
            "seed": 47,
        },
        {"image": "room"},
    ),
    DemoJob(
        "high_aes_general_v14",
        {
            "prompt": "A lighthouse on a rocky coast before sunrise, calm sea, thin mist",
            "width": 768,
            "height": 512,
            "seed": 11,
        },
    ),
    DemoJob(
        "byteedit_v2.0",
        {"prompt": "Put the robot into a sunny desert, keep its face and its pose", "scale": 0.6, "seed": 61},
        {"image": "character"},
    ),
    DemoJob(
        "seededit_v3.0",
        {"prompt": "Turn the day into a starry night, keep the furniture where it is", "scale": 0.6, "seed": 62},
        {"image": "room"},
    ),
    DemoJob(
        "i2i_inpainting_edit",
        {"custom_prompt": "A round mirror in a thin brass frame on the wall", "seed": 63},
        {"image": "room"},
        {"mask": (0.488, 0.215, 0.719, 0.447)},
    ),
    DemoJob(
        "i2i_inpainting",
        {"quality": "H", "dilate_size": 12, "seed": 64},
        {"image": "room"},
        {"mask": (0.826, 0.26, 0.963, 0.814)},
    ),
    DemoJob("img2img_cartoon_style", {"style": "cartoon", "strength": 0.6, "seed": 65}, {"image": "landscape"}),
    DemoJob(
        "i2i_xl_sft",
        {
            "prompt": "A living room in warm gold and marble, evening light",
            "control_type": "depth",
            "control_strength": 0.6,
            "style_weight": 0.7,
            "seed": 66,
        },
        {"image": "room", "style_image": "scene"},
    ),
    DemoJob(
        "img2img_photoverse_american_comics",
        {"style": "American comics", "whitening": 0.8, "dermabrasion": 1.0},
        {"image": "character"},
    ),
    DemoJob("saliency_seg", {"only_mask": "cropped", "refine_mask": "matting"}, {"image": "product"}),
    DemoJob("lens_lqir", {"resolution_boundary": "1080p", "enable_hdr": True}, {"image": "landscape"}),
    DemoJob(
        "jimeng_t2i_v40",
        {
            "prompt": "The little robot of picture 1 stands on the marble table of picture 2 and waves",
            "size_by": "width and height",
            "width": 1280,
            "height": 960,
            "force_single": True,
        },
        {"image_1": "character", "image_2": "scene"},
    ),
    DemoJob(
        "high_aes_general_v30l_zt2i",
        {"prompt": "Snowy peaks behind a frozen lake, clear winter air", "width": 1152, "height": 768, "seed": 71},
    ),
    DemoJob(
        "high_aes_general_v21_L",
        {
            "prompt": "Green hills behind a forest after the rain, low clouds",
            "width": 576,
            "height": 384,
            "req_schedule_conf": "standard",
            "seed": 72,
        },
    ),
    DemoJob(
        "high_aes_general_v20_L",
        {"prompt": "Dunes of a wide desert, long shadows, a low sun", "width": 576, "height": 384, "seed": 73},
    ),
    DemoJob(
        "high_aes_general_v20",
        {"prompt": "Clouds at dusk above purple mountains, wide view", "width": 576, "height": 384, "seed": 74},
    ),
    DemoJob(
        "t2i_xl_sft",
        {"prompt": "Fields of pink flowers before soft hills, spring haze", "width": 1152, "height": 768, "seed": 75},
    ),
    DemoJob(
        "high_aes",
        {
            "prompt": "A little robot with an orange scarf waves, anime, clean lines",
            "model_version": "anime_v1.3",
            "width": 768,
            "height": 768,
            "strength": 0.6,
            "seed": 76,
        },
        {"image": "character"},
    ),
    DemoJob(
        "jimeng_ti2v_v30_pro",
        {
            "prompt": "The camera glides slowly over the lake towards the mountains, the water ripples",
            "frames": "121 (5 s)",
            "seed": 77,
        },
        {"image": "landscape"},
    ),
    DemoJob(
        "any",
        {
            "req_key": "high_aes_general_v30l_zt2i",
            "body": '{"prompt": "Rolling hills in spring light", "width": 1024, "height": 640}',
            "seed": 78,
        },
    ),
)

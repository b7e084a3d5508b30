"""The five documented models as data: fields, pictures and the keys of their answers.

Facts come from the seed pages, and from catalog section 4 for what those leave open. Ranges are listed only
where a seed or official page states them; ranges known from third parties are not enforced, except that of
``product_weight``, which the service is known to fail on (catalog section 4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Bytes of one picture's base64 text (catalog section 3: 4.7 MB) and pixels of one side.
PICTURE_BASE64_BYTES = 4_700_000
PICTURE_SIDE = 4096

E_COMMERCE = "img2img_e_commerce_style"
CHARACTER = "high_aes_ip_v20"
OUTPAINTING = "i2i_outpainting"
CONTROLNET = "high_aes_scheduler_svr_controlnet_v2.0"
TEXT_TO_IMAGE = "high_aes_general_v14"


@dataclass(frozen=True)
class Field:
    """One body field.

    kind: string, int, float, bool, object, objects, texts (array of strings) or picture (a string that names
    a picture). ``size`` marks pixel sizes the sandbox has to allocate.
    """

    name: str
    kind: str
    default: Any = None
    required: bool = False
    choices: tuple[Any, ...] = ()
    low: float | None = None
    low_open: bool = False
    high: float | None = None
    size: bool = False


@dataclass(frozen=True)
class Page:
    """One model.

    ``pictures`` is (least, most or None) of the picture array, None when there is no such array; ``answer``
    names the keys of ``data`` besides the two picture lists and algorithm_base_resp.
    """

    req_key: str
    fields: tuple[Field, ...]
    answer: tuple[str, ...]
    pictures: tuple[int, int | None] | None = None
    base64_bytes: int = PICTURE_BASE64_BYTES


LOGO_FIELDS = (
    Field("add_logo", "bool", False),
    Field("position", "int", 0, choices=(0, 1, 2, 3)),
    Field("language", "int", 0, choices=(0, 1)),
    Field("opacity", "float", 1.0, low=0.0, high=1.0),
    Field("logo_text_content", "string", ""),
)

CONTROL_FIELDS = (
    Field("type", "string", required=True, choices=("canny", "depth", "pose")),
    Field("binary_data_index", "int", required=True, low=0),
    Field("strength", "float", required=True),
)

LIGHTS = (
    "Left Light",
    "Right Light",
    "Top Light",
    "Bottom Light",
    "Top Left Light",
    "Top Right Light",
    "Bottom Left Light",
    "Bottom Right Light",
)

_SEED = Field("seed", "int", -1, low=-1)
_COMMON = (
    Field("req_key", "string", required=True),
    Field("return_url", "bool", False),
    Field("logo_info", "object"),
)
_ARRAYS = (Field("binary_data_base64", "texts"), Field("image_urls", "texts"))
_PROMPT = Field("prompt", "string", required=True)

_PAGES = (
    Page(
        TEXT_TO_IMAGE,
        (
            *_COMMON,
            _PROMPT,
            Field("model_version", "string", "general_v1.4", choices=("general_v1.4",)),
            _SEED,
            Field("scale", "float", 3.0),
            Field("ddim_steps", "int", 25),
            Field("width", "int", 512, size=True),
            Field("height", "int", 512, size=True),
            Field("use_rephraser", "bool", True),
            Field("use_predict_tags", "bool", True),
        ),
        ("predict_tags_result", "rephraser_result", "request_id"),
    ),
    Page(
        CHARACTER,
        (
            *_COMMON,
            *_ARRAYS,
            _PROMPT,
            Field("desc_pushback", "bool", True),
            _SEED,
            Field("scale", "float", 3.5),
            Field("ddim_steps", "int", 9),
            Field("width", "int", 512, size=True),
            Field("height", "int", 512, size=True),
            Field("cfg_rescale", "float", 0.7, low=0.0, high=1.0),
            Field("ref_ip_weight", "float", 0.7),
            Field("ref_id_weight", "float", 0.36),
            Field("use_sr", "bool", True),
        ),
        ("pe_result", "predict_tags_result", "rephraser_result", "request_id"),
        pictures=(1, 1),
        base64_bytes=5_000_000,
    ),
    Page(
        OUTPAINTING,
        (
            *_COMMON,
            *_ARRAYS,
            Field("prompt", "string", ""),
            Field("custom_prompt", "string", ""),
            Field("scale", "float", 7.0),
            _SEED,
            Field("steps", "int", 30),
            Field("strength", "float", 0.8),
            Field("top", "float", low=0.0, low_open=True, high=1.0),
            Field("bottom", "float", low=0.0, low_open=True, high=1.0),
            Field("left", "float", low=0.0, low_open=True, high=1.0),
            Field("right", "float", low=0.0, low_open=True, high=1.0),
            Field("max_height", "int", 1920, low=1),
            Field("max_width", "int", 1920, low=1),
        ),
        ("request_id",),
        pictures=(1, 2),
    ),
    Page(
        CONTROLNET,
        (
            *_COMMON,
            *_ARRAYS,
            _PROMPT,
            Field("model_version", "string", "general_controlnet_v2.0", choices=("general_controlnet_v2.0",)),
            _SEED,
            Field("scale", "float", 3.0),
            Field("ddim_steps", "int", 16),
            Field("use_rephraser", "bool", True),
            Field("controlnet_args", "objects", required=True),
            Field("use_sr", "bool", True),
            Field("sr_seed", "int", -1, low=-1),
            Field("sr_strength", "float", 0.4),
            Field("sr_scale", "float", 3.5),
            Field("sr_steps", "int", 10),
        ),
        ("predict_tags_result", "rephraser_result", "request_id"),
        pictures=(1, None),
    ),
    Page(
        E_COMMERCE,
        (
            *_COMMON,
            Field("binary_data_base64", "texts"),
            Field("product_image_input", "picture", required=True),
            Field("ref_image_input", "picture"),
            Field("mask_image_input", "picture"),
            Field("light_image_input", "picture"),
            Field("product_alpha_switch", "bool", True),
            Field("mask_image_switch", "bool", False),
            Field("mask_invert_switch", "bool", True),
            Field("seg_prompt", "string", ""),
            Field("longer_side", "int", 1600, size=True),
            Field("auto_composition_switch", "bool", False),
            Field("manual_composition_switch", "bool", False),
            Field("canvas_width", "int", 1000, size=True),
            Field("canvas_height", "int", 1000, size=True),
            Field("auto_offset_x", "int", 50),
            Field("auto_offset_y", "int", 50),
            Field("auto_scale", "float", 0.7),
            Field("offset_x", "int", 0),
            Field("offset_y", "int", 0),
            Field("crop_prodcut_switch", "bool", True),
            Field("product_weight", "float", 0.85, high=1.3),
            Field("ref_switch", "bool", False),
            Field("ref_weight", "float", 0.75),
            Field("ref_end_at", "float", 0.75),
            _SEED,
            Field("positive_prompt", "string", required=True),
            Field("fixed_positive_prompt", "string", ""),
            Field("negative_prompt", "string", ""),
            Field("fixed_negative_prompt", "string", ""),
            Field("preset_light_switch", "bool", False),
            Field("light_position", "string", "Top Left Light", choices=LIGHTS),
            Field("upload_light_switch", "bool", False),
            Field("product_safe_switch", "bool", False),
            Field("product_edge_weight", "float", 0.0),
        ),
        ("comfyui_cost", "image_output"),
    ),
)

PAGES: dict[str, Page] = {page.req_key: page for page in _PAGES}

#: Body of CVSync2AsyncGetResult and CVGetResult (catalog section 2); ``req_json`` is JSON inside a string.
TASK_FIELDS = (
    Field("req_key", "string", required=True),
    Field("task_id", "string", required=True),
    Field("req_json", "string"),
)

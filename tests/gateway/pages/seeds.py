"""The five models of the seed pages.

Facts come from the seed pages, and from catalog section 4 for what those leave open. Ranges are listed only
where a seed or official page states them; ranges known from third parties are not enforced, except that of
``product_weight``, which the service is known to fail on (catalog section 4.1).
"""

from __future__ import annotations

from .fields import ARRAYS, BASE64, COMMON, CONTROL_FIELDS, DIRECT, HEIGHT, PROMPT, SEED, TASK, WIDTH, Field, Page

E_COMMERCE = "img2img_e_commerce_style"
CHARACTER = "high_aes_ip_v20"
OUTPAINTING = "i2i_outpainting"
CONTROLNET = "high_aes_scheduler_svr_controlnet_v2.0"
TEXT_TO_IMAGE = "high_aes_general_v14"

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

SEED_PAGES = (
    Page(
        TEXT_TO_IMAGE,
        (
            *COMMON,
            PROMPT,
            Field("model_version", "string", "general_v1.4", choices=("general_v1.4",)),
            SEED,
            Field("scale", "float", 3.0),
            Field("ddim_steps", "int", 25),
            WIDTH,
            HEIGHT,
            Field("use_rephraser", "bool", True),
            Field("use_predict_tags", "bool", True),
        ),
        ("predict_tags_result", "rephraser_result", "request_id"),
        # This page alone shows an empty inner request id.
        inner_id=False,
    ),
    Page(
        CHARACTER,
        (
            *COMMON,
            *ARRAYS,
            PROMPT,
            Field("desc_pushback", "bool", True),
            SEED,
            Field("scale", "float", 3.5),
            Field("ddim_steps", "int", 9),
            WIDTH,
            HEIGHT,
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
            *COMMON,
            *ARRAYS,
            Field("prompt", "string", ""),
            Field("custom_prompt", "string", ""),
            Field("scale", "float", 7.0),
            SEED,
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
        masked=True,
        actions=(DIRECT, TASK),
    ),
    Page(
        CONTROLNET,
        (
            *COMMON,
            *ARRAYS,
            PROMPT,
            Field("model_version", "string", "general_controlnet_v2.0", choices=("general_controlnet_v2.0",)),
            SEED,
            Field("scale", "float", 3.0),
            Field("ddim_steps", "int", 16),
            Field("use_rephraser", "bool", True),
            Field("controlnet_args", "objects", required=True, fields=CONTROL_FIELDS),
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
            *COMMON,
            BASE64,
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
            SEED,
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

"""Models that the gateway documents besides those of the seed pages (catalog section 5)."""

from __future__ import annotations

from .fields import ARRAYS, BASE64, COMMON, DIRECT, HEIGHT, OPTIONAL_PROMPT, PROMPT, SEED, TASK, WIDTH, Field, Page

ANIME = "high_aes"
XL_IMAGE = "i2i_xl_sft"

_SCHEDULE = Field(
    "req_schedule_conf",
    "string",
    "general_v20_9B_pe",
    choices=("general_v20_9B_pe", "general_v20_9B_rephraser"),
)
_TEXTS = ("llm_result", "pe_result", "predict_tags_result", "rephraser_result")
_OFFICIAL_SIDES = (
    Field("width", "int", 512, low=256, high=768, size=True),
    Field("height", "int", 512, low=256, high=768, size=True),
)
_CONTROL = (
    Field("type", "string", required=True, choices=("canny", "depth", "pose")),
    Field("strength", "float", required=True, low=0.0, high=1.0),
    Field("binary_data_index", "int", required=True, low=0),
)
_STYLE_REFERENCE = (
    Field("id_weight", "float", 0.2),
    Field("style_weight", "float", 0.0, low=0.0, high=1.0),
    Field("binary_data_index", "int", 0, low=0),
)
# The gateway page only suggests 0 to 2 for these.
_BEAUTY = (Field("whitening", "float", 1.0), Field("dermabrasion", "float", 1.2))

_GENERAL = (
    Page(
        "high_aes_general_v30l_zt2i",
        (
            *COMMON,
            PROMPT,
            Field("use_pre_llm", "bool", False),
            SEED,
            Field("scale", "float", 2.5),
            Field("width", "int", 1328, size=True),
            Field("height", "int", 1328, size=True),
        ),
        (*_TEXTS, "vlm_result", "infer_ctx", "request_id"),
    ),
    Page(
        "high_aes_general_v21_L",
        (
            *COMMON,
            PROMPT,
            Field("model_version", "string", "general_v2.1_L"),
            _SCHEDULE,
            Field("llm_seed", "int", -1, low=-1),
            SEED,
            Field("scale", "float", 3.5),
            Field("ddim_steps", "int", 25),
            WIDTH,
            HEIGHT,
            Field("use_pre_llm", "bool", True),
            Field("use_sr", "bool", True),
        ),
        (*_TEXTS, "request_id"),
    ),
    Page(
        "high_aes_general_v20_L",
        (
            *COMMON,
            PROMPT,
            Field("model_version", "string", "general_v2.0_L"),
            _SCHEDULE,
            SEED,
            Field("scale", "float", 3.5),
            Field("ddim_steps", "int", 16),
            *_OFFICIAL_SIDES,
            Field("use_sr", "bool", True),
            Field("use_pre_llm", "bool", False),
        ),
        (*_TEXTS, "request_id"),
        actions=(DIRECT, TASK),
    ),
    Page(
        "high_aes_general_v20",
        (
            *COMMON,
            PROMPT,
            Field("model_version", "string", required=True, choices=("general_v2.0",)),
            SEED,
            Field("scale", "float", 3.5),
            Field("ddim_steps", "int", 16),
            Field("width", "int", 512, low=256, high=680, size=True),
            Field("height", "int", 512, low=256, high=680, size=True),
            Field("use_sr", "bool", True),
            Field("use_rephraser", "bool", True),
        ),
        # From the gateway's page 289472081, as are return_url and logo_info; the catalog does not list it.
        ("predict_tags_result", "rephraser_result", "request_id"),
        actions=(DIRECT, TASK),
    ),
    Page(
        "t2i_xl_sft",
        (
            *COMMON,
            PROMPT,
            SEED,
            Field("width", "int", 1024, size=True),
            Field("height", "int", 1024, size=True),
            Field("scale", "float", 7.0),
            Field("ddim_steps", "int", 20),
        ),
        ("prompt", "custom_prompt", "comfyui_cost", "request_id"),
    ),
    Page(
        ANIME,
        (
            *COMMON,
            PROMPT,
            Field("model_version", "string", required=True, choices=("anime_v1.3", "general_v1.3")),
            BASE64,
            Field("strength", "float", 0.7),
            SEED,
            Field("scale", "float"),
            Field("ddim_steps", "int"),
            # Default and range depend on the version.
            Field("width", "int", size=True),
            Field("height", "int", size=True),
            Field("use_sr", "bool", False),
            Field("sr_seed", "int", -1),
        ),
        pictures=(0, 1),
    ),
)

_EDITS = (
    Page(
        "byteedit_v2.0",
        (
            *COMMON,
            *ARRAYS,
            PROMPT,
            Field("negative_prompt", "string", ""),
            SEED,
            Field("scale", "float", 0.5),
        ),
        ("vlm_result", "infer_ctx", "request_id"),
        pictures=(1, 1),
        actions=(DIRECT, TASK),
    ),
    Page(
        XL_IMAGE,
        (
            *COMMON,
            *ARRAYS,
            OPTIONAL_PROMPT,
            SEED,
            Field("ddim_steps", "int", 20),
            Field("ddim_step", "int", 20),
            Field("scale", "float", 7.0),
            Field("controlnet_args", "objects", fields=_CONTROL),
            Field("style_reference_args", "object", fields=_STYLE_REFERENCE),
        ),
        ("prompt_translated", "comfyui_cost", "request_id"),
        echo=True,
        pictures=(1, None),
    ),
    Page(
        "i2i_inpainting_edit",
        (
            *COMMON,
            *ARRAYS,
            Field("custom_prompt", "string", required=True),
            Field("scale", "float", 5.0, low=1.0, high=20.0),
            SEED,
            Field("steps", "int", 25),
        ),
        ("request_id",),
        pictures=(2, 2),
        masked=True,
    ),
    Page(
        "i2i_inpainting",
        (
            *COMMON,
            *ARRAYS,
            Field("steps", "int", 30),
            Field("strength", "float", 0.8, low=0.1, high=1.0),
            Field("scale", "float", 7.0, low=1.0, high=20.0),
            Field("seed", "int", 0, low=-1),
            Field("dilate_size", "int", 15),
            Field("quality", "string", "M"),
        ),
        ("request_id",),
        pictures=(2, 2),
        masked=True,
        actions=(DIRECT, TASK),
    ),
)

_PORTRAIT_KEYS = (
    "img2img_photoverse_american_comics",
    "img2img_photoverse_executive_ID_photo",
    "img2img_photoverse_3d_weird",
    "img2img_photoverse_cyberpunk",
    "img2img_xiezhen_gubao",
    "img2img_xiezhen_babi_niuzai",
    "img2img_xiezhen_bathrobe",
    "img2img_xiezhen_butterfly_machine",
    "img2img_xiezhen_zhichangzhengjianzhao",
    "img2img_xiezhen_christmas",
    "img2img_xiezhen_dessert",
    "img2img_xiezhen_old_money",
    "img2img_xiezhen_school",
)

_PORTRAITS = tuple(
    Page(
        key,
        (*COMMON, *ARRAYS, Field("beautify_info", "object", fields=_BEAUTY)),
        pictures=(1, 1),
    )
    for key in _PORTRAIT_KEYS
)

GATEWAY_PAGES = (*_GENERAL, *_EDITS, *_PORTRAITS)

"""The style family: one picture in, the same picture in another style out. Catalog section 6, first paragraph."""

from __future__ import annotations

from .. import shared
from ..spec import (
    Advice,
    Branch,
    BranchOption,
    Choice,
    Example,
    Integer,
    Json,
    Model,
    Number,
    Origin,
    Picture,
    PictureLimits,
    Text,
)

PLAIN = {
    "cartoon": "img2img_cartoon_style",
    "Disney 3D": "img2img_disney_3d_style",
    "realistic mix": "img2img_real_mix_style",
    "angel": "img2img_pastel_boys_style",
    "Makoto": "img2img_makoto_style",
    "princess": "img2img_rev_animated_style",
    "dreamy": "img2img_blueline_style",
    "water ink": "img2img_water_ink_style",
    "water colour": "img2img_water_paint_style",
    "Korean comic": "img2img_exquisite_style",
    "Monet": "i2i_ai_create_monet",
    "porcelain doll": "img2img_ceramics_style",
    "China red": "img2img_chinese_style",
}
WITH_SUB_STYLES = {
    "comic": ("img2img_comic_style", ("monet", "marvel", "future")),
    "pretty": ("img2img_pretty_style", ("ink", "light")),
    "clay": ("img2img_clay_style", ("3d", "bubble")),
    "3D": ("img2img_3d_style", ("era", "movie", "doll")),
}
"""Label -> req_key and the ends of its ``sub_req_key`` values."""


def with_sub_styles(label: str, req_key: str, ends: tuple[str, ...]) -> BranchOption:
    values: dict[str, dict[str, Json]] = {end: {"sub_req_key": f"{req_key}_{end}"} for end in ends}
    sub_style = Choice(
        name=f"{label.lower()}_style",
        default=ends[0],
        options=values,
        origin=Origin.OFFICIAL,
        tooltip=f"Which {label} style.",
    )
    return BranchOption(inputs=(sub_style,), wire={"req_key": req_key})


MODEL = Model(
    name="stylise",
    req_key="img2img_cartoon_style",
    title="Change the style",
    group="Image to image",
    summary="Redraws a picture in one of 17 styles, from cartoon and clay to ink painting.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to redraw."),
        Branch(
            name="style",
            default="cartoon",
            origin=Origin.OFFICIAL,
            options={
                **{label: BranchOption(inputs=(), wire={"req_key": key}) for label, key in PLAIN.items()},
                **{label: with_sub_styles(label, *rest) for label, rest in WITH_SUB_STYLES.items()},
            },
            tooltip="The style. Each is a model of its own; comic, pretty, clay and 3D have variants.",
        ),
        Text(
            name="prompt",
            multiline=True,
            on_page=False,
            origin=Origin.OFFICIAL,
            tooltip="Steers the result. Empty: the style's own prompt.",
        ),
        Number(
            name="strength",
            default=0.6,
            origin=Origin.OFFICIAL,
            advice=Advice(0, 1),
            on_page=False,
            tooltip="Higher moves further away from the picture.",
        ),
        shared.seed(),
        Number(
            name="scale",
            default=8.0,
            step=0.1,
            on_page=False,
            advanced=True,
            origin=Origin.OFFICIAL,
            tooltip="How closely the picture follows the prompt; higher is stricter.",
        ),
        Integer(
            name="ddim_steps",
            default=20,
            low=1,
            on_page=False,
            advanced=True,
            origin=Origin.OFFICIAL,
            tooltip="Sampling steps; more takes longer and adds detail.",
        ),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
    ),
    limits=PictureLimits(max_side=4095, max_base64=6_600_000, max_total_base64=6_600_000, origin=Origin.OFFICIAL),
    native_only=True,
    aliases=("style", "stylize", "cartoon", "anime", "clay", "ink", "fenggehua", "manhua", "doubao"),
    example=Example(
        title="Change the style: one of 17 looks",
        caption="Here cartoon. Each style is a model of its own at the service; one node has them all.",
        values={
            "style": "cartoon",
            "strength": 0.6,
            "seed": 65,
        },
        pictures={"image": "landscape"},
    ),
)

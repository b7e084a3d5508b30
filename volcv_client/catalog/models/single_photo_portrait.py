"""Single-photo portrait, a family of 13 styles: catalog section 5, gateway page 289472180.

The page writes "xxx" for the req_key and counts 4 head and 9 half-length styles; their names are from client code.
"""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Choice, Example, Model, Number, Origin, Picture

HEADS = {
    "American comics": "img2img_photoverse_american_comics",
    "Business ID photo": "img2img_photoverse_executive_ID_photo",
    "3D doll": "img2img_photoverse_3d_weird",
    "Cyberpunk": "img2img_photoverse_cyberpunk",
}
"""These take one man or woman."""

HALF_LENGTHS = {
    "Castle": "img2img_xiezhen_gubao",
    "Barbie denim": "img2img_xiezhen_babi_niuzai",
    "Bathrobe": "img2img_xiezhen_bathrobe",
    "Butterfly mechanical": "img2img_xiezhen_butterfly_machine",
    "Workplace ID photo": "img2img_xiezhen_zhichangzhengjianzhao",
    "Christmas": "img2img_xiezhen_christmas",
    "American dessert maker": "img2img_xiezhen_dessert",
    "Old money": "img2img_xiezhen_old_money",
    "Campus": "img2img_xiezhen_school",
}
"""These take one woman."""

DEFAULT = "American comics"


def beauty(name: str, default: float, tooltip: str) -> Number:
    return Number(
        name=name,
        wire=(f"beautify_info.{name}",),
        default=default,
        step=0.1,
        advice=Advice(0, 2),
        origin=Origin.GATEWAY,
        tooltip=tooltip,
    )


MODEL = Model(
    name="single_photo_portrait",
    req_key=HEADS[DEFAULT],
    title="Single-photo portrait",
    group="Portrait & character",
    summary="Turns one photo of a face into a portrait in one of 13 styles that still looks like the person.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="A photo with one face."),
        Choice(
            name="style",
            default=DEFAULT,
            options={label: {"req_key": key} for label, key in {**HEADS, **HALF_LENGTHS}.items()},
            origin=Origin.THIRD_PARTY,
            tooltip=f"From a photo of one man or woman: {', '.join(HEADS)}. "
            f"From a photo of one woman: {', '.join(HALF_LENGTHS)}.",
        ),
        beauty("whitening", 1.0, "How much the skin is lightened."),
        beauty("dermabrasion", 1.2, "How much the skin is smoothed."),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
    ),
    aliases=("portrait", "avatar", "photo", "id photo", "face", "xiezhen", "dantu xiezhen", "zhengjianzhao", "doubao"),
    example=Example(
        title="Single-photo portrait: one photo, 13 styles",
        caption="Here American comics. The service wants a photo of one face; the robot stands in for it in the "
        "sandbox.",
        values={
            "style": "American comics",
            "whitening": 0.8,
            "dermabrasion": 1.0,
        },
        pictures={"image": "character"},
    ),
)

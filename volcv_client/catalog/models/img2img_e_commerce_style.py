"""AI product picture: seed page 000_8effb00a2a553bdf.txt, catalog section 4.1.

Three ways to compose (original, automatic, manual) and three kinds of light (none, a direction, a light
map). The pictures are URL strings on the wire; a tensor travels inline and is named by its place.
"""

from __future__ import annotations

from collections.abc import Mapping

from .. import shared
from ..spec import (
    INT_MAX,
    Advice,
    Branch,
    BranchOption,
    Choice,
    Condition,
    Example,
    Integer,
    Json,
    MaskPicture,
    Model,
    Number,
    Origin,
    Picture,
    Require,
    Switch,
    Text,
)

LIGHT_POSITIONS = (
    "Top Light",
    "Top Left Light",
    "Top Right Light",
    "Left Light",
    "Right Light",
    "Bottom Light",
    "Bottom Left Light",
    "Bottom Right Light",
)
NO_LIGHT = "none"
LIGHT_MAP = "from light_image"
FROM_LIGHT_MAP: Condition = {"light": LIGHT_MAP}
PAGE_LIGHT_POSITION = "Top Light"


def light(preset: bool, position: str, upload: bool) -> Mapping[str, Json]:
    return {"preset_light_switch": preset, "light_position": position, "upload_light_switch": upload}


def canvas(name: str, meaning: str) -> Integer:
    return Integer(
        name=name, default=1000, low=1, origin=Origin.OFFICIAL, tooltip=f"{meaning} of the canvas in pixels."
    )


CANVAS = (canvas("canvas_width", "Width"), canvas("canvas_height", "Height"))

ORIGINAL = BranchOption(
    inputs=(
        Integer(
            name="longer_side",
            default=1600,
            low=1,
            on_page=False,
            origin=Origin.THIRD_PARTY,
            tooltip="Longer side of the result in pixels; a multiple of 8 works best.",
        ),
    ),
    wire={
        "auto_composition_switch": False,
        "canvas_width": 1000,
        "canvas_height": 1000,
        "auto_offset_x": 50,
        "auto_offset_y": 50,
        "auto_scale": 0.7,
    },
)
"""The seed page prints the automatic fields with the switch off, so they are sent as printed."""

AUTOMATIC = BranchOption(
    inputs=(
        *CANVAS,
        Integer(
            name="auto_offset_x",
            default=50,
            low=-INT_MAX,
            advice=Advice(0, 100),
            tooltip="Where the product's centre goes, in percent of the canvas width.",
        ),
        Integer(
            name="auto_offset_y",
            default=50,
            low=-INT_MAX,
            advice=Advice(0, 100),
            tooltip="Where the product's centre goes, in percent of the canvas height.",
        ),
        Number(
            name="auto_scale",
            default=0.7,
            advice=Advice(0, 1),
            tooltip="Size of the product as a fraction of the canvas.",
        ),
    ),
    wire={"auto_composition_switch": True},
)

MANUAL = BranchOption(
    inputs=(
        *CANVAS,
        Integer(
            name="offset_x",
            default=0,
            low=-INT_MAX,
            origin=Origin.THIRD_PARTY,
            tooltip="Left edge of the product on the canvas, in pixels.",
        ),
        Integer(
            name="offset_y",
            default=0,
            low=-INT_MAX,
            origin=Origin.THIRD_PARTY,
            tooltip="Top edge of the product on the canvas, in pixels.",
        ),
        Switch(
            name="crop_prodcut_switch",
            default=True,
            origin=Origin.THIRD_PARTY,
            tooltip="Crop the picture to the product first. (The service spells the name like this.)",
        ),
    ),
    wire={"auto_composition_switch": False, "manual_composition_switch": True},
)


def override(name: str, meaning: str) -> Text:
    return Text(name=name, on_page=False, multiline=True, advanced=True, origin=Origin.THIRD_PARTY, tooltip=meaning)


MODEL = Model(
    req_key="img2img_e_commerce_style",
    title="Product picture",
    group="Product",
    summary="Cuts a product out of its photo and stages it in a new, matching scene.",
    page="https://www.volcengine.com/docs/6791/1400096",
    inputs=(
        Picture(
            name="product_image",
            alpha=True,
            uri_path="product_image_input",
            url_input="product_image_url",
            origin=Origin.OFFICIAL,
            tooltip="Photo of the product. Transparency cuts it out (see product_alpha_switch).",
        ),
        MaskPicture(
            name="product_mask",
            fit_to="product_image",
            uri_path="mask_image_input",
            url_input="mask_image_url",
            present={"mask_image_switch": True},
            inline={"mask_invert_switch": False},
            origin=Origin.OFFICIAL,
            tooltip="White is the product, black the background. Not connected: the service finds the product.",
        ),
        Picture(
            name="ref_image",
            uri_path="ref_image_input",
            url_input="ref_image_url",
            present={"ref_switch": True},
            absent={"ref_switch": False},
            origin=Origin.OFFICIAL,
            tooltip="A photo whose style and scene guide the result.",
        ),
        Picture(
            name="light_image",
            only_if=FROM_LIGHT_MAP,
            uri_path="light_image_input",
            url_input="light_image_url",
            origin=Origin.THIRD_PARTY,
            tooltip="A light map: bright where light falls. Used when light is 'from light_image'.",
        ),
        shared.prompt("The scene, best as English keywords: table,room,warm tone,", name="positive_prompt"),
        Branch(
            name="composition",
            default="original",
            options={"original": ORIGINAL, "automatic": AUTOMATIC, "manual": MANUAL},
            tooltip="original: frame as in the photo. automatic: product placed on a canvas by percent. manual: "
            "product placed on a canvas by pixels.",
        ),
        Choice(
            name="light",
            default=NO_LIGHT,
            options={
                NO_LIGHT: light(False, PAGE_LIGHT_POSITION, False),
                **{position: light(True, position, False) for position in LIGHT_POSITIONS},
                LIGHT_MAP: light(False, PAGE_LIGHT_POSITION, True),
            },
            tooltip="none: the service decides. A direction: light falls from there. from light_image: as the "
            "connected light map says.",
        ),
        shared.seed(),
        Number(
            name="product_weight",
            default=0.85,
            advice=Advice(0, 1.3),
            tooltip="How faithful the product stays; lower lets the scene's light change it. Above 1.3 the service "
            "refuses.",
        ),
        Number(
            name="ref_weight",
            default=0.75,
            advice=Advice(0, 2),
            tooltip="How strongly ref_image guides; 0 to 1 works best.",
        ),
        Number(
            name="ref_end_at",
            default=0.75,
            advice=Advice(0, 1),
            advanced=True,
            tooltip="Fraction of the steps during which ref_image guides.",
        ),
        Number(
            name="product_edge_weight",
            default=0.0,
            advice=Advice(0, 1),
            tooltip="Separates the product from the scene: 0.1 to 0.2 frees sticking edges, high values let it float.",
        ),
        Switch(
            name="product_safe_switch",
            default=False,
            tooltip="Put the product's own pixels back, without any new light; it blends in less.",
        ),
        Switch(
            name="product_alpha_switch",
            default=True,
            origin=Origin.OFFICIAL,
            advanced=True,
            tooltip="Cut the product out by the picture's transparency; without any the service finds the product.",
        ),
        Switch(
            name="mask_invert_switch",
            default=True,
            origin=Origin.OFFICIAL,
            advanced=True,
            tooltip="Polarity of mask_image_url: on, the service inverts that mask. product_mask sets it by itself.",
        ),
        Text(
            name="seg_prompt",
            on_page=False,
            advanced=True,
            origin=Origin.OFFICIAL,
            tooltip="Names the object to cut out when the photo holds several.",
        ),
        override("negative_prompt", "What the picture must not show."),
        override("fixed_positive_prompt", "Replaces the quality keywords that the service adds to the prompt."),
        override("fixed_negative_prompt", "Replaces the service's own list of unwanted things."),
        shared.address("product_image_url", "product_image", "picture"),
        shared.address("mask_image_url", "product_mask", "picture"),
        shared.address("ref_image_url", "ref_image", "picture"),
        shared.address("light_image_url", "light_image", "picture"),
        shared.return_url(True),
        shared.logo_info(
            {"position": 0, "language": 0, "opacity": 1, "logo_text_content": "This is a visible watermark"}
        ),
    ),
    requires=(
        Require(("product_image", "product_image_url"), why="no_product"),
        Require(("light_image", "light_image_url"), why="no_light_image", only_if=FROM_LIGHT_MAP),
    ),
    service_seconds=11.6,
    aliases=("product", "e-commerce", "product photo", "relight", "shangpin tu", "dianshang", "doubao"),
    example=Example(
        title="Product picture: cut out, staged and lit",
        caption="Automatic composition on a 1200 x 1000 canvas, light from the top left, a photo as the style "
        "reference.",
        values={
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
        pictures={"product_image": "product", "ref_image": "scene"},
    ),
)

"""General XL Pro image to image: catalog section 5, gateway page 289472111, official page docs/6791/1330203.

``image`` is picture 0: the first control is taken of it, and a face that is to be kept. The official SDK and its
examples call the steps ``ddim_step``, the gateway and other clients ``ddim_steps``: both are sent.
"""

from __future__ import annotations

from dataclasses import replace

from .. import shared
from ..spec import Advice, Branch, BranchOption, Condition, Example, Model, Number, Origin, Picture

STYLED: Condition = {"style_image": True}
CONTROL_STRENGTH = replace(
    shared.CONTROL_STRENGTH, name="control_strength", default=0.4, wire=("controlnet_args[0].strength",)
)


def control(kind: str) -> BranchOption:
    return BranchOption(
        (CONTROL_STRENGTH,), {"controlnet_args[0].type": kind, "controlnet_args[0].binary_data_index": 0}
    )


def weight(name: str, default: float, meaning: str) -> Number:
    return Number(
        name=name,
        wire=(f"style_reference_args.{name}",),
        default=default,
        only_if=STYLED,
        advice=Advice(0, 1),
        origin=Origin.GATEWAY,
        tooltip=f"{meaning} Only with style_image.",
    )


MODEL = Model(
    req_key="i2i_xl_sft",
    title="General XL Pro image to image",
    group="Image to image",
    summary="Makes a new picture after a given one: its edges, depth or pose, its face, or another picture's style.",
    page="https://www.volcengine.com/docs/6791/1330203",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to start from."),
        Picture(
            name="style_image",
            index_path="style_reference_args.binary_data_index",
            origin=Origin.GATEWAY,
            tooltip="A picture whose style is taken over, as strongly as style_weight says. To keep just the "
            "face of image, connect the same picture here.",
        ),
        shared.more_controls(),
        shared.prompt(
            "What the new picture shows; may stay empty. Keep it below 100 words.",
            required=False,
            origin=Origin.GATEWAY,
        ),
        Branch(
            name="control_type",
            default="canny",
            options={**{kind: control(kind) for kind in shared.CONTROL_TYPES}, "none": BranchOption((), {})},
            origin=Origin.GATEWAY,
            tooltip="What is kept of the picture: canny edges, depth, the pose of a person, or none of them. With "
            "canny the service may return the edge map as a second picture.",
        ),
        weight("style_weight", 0.0, "How strongly the style of style_image is taken over; 0: not at all."),
        weight("id_weight", 0.2, "How much of the face in image is kept."),
        shared.seed(),
        shared.scale(7.0, 30, origin=Origin.GATEWAY),
        replace(shared.steps(20, most=50, origin=Origin.GATEWAY), wire=("ddim_steps", "ddim_step")),
        shared.return_url(True, Origin.GATEWAY),
        shared.logo_info({}),
    ),
    texts=("prompt_translated",),
    aliases=("img2img", "controlnet", "style transfer", "canny", "xl", "tushengtu", "tongyong xl pro", "doubao"),
    example=Example(
        title="General XL Pro: the shape of one picture, the style of another",
        caption="The depth of the room is kept; colours and mood come from the style picture with a weight of 0.7.",
        values={
            "prompt": "A living room in warm gold and marble, evening light",
            "control_type": "depth",
            "control_strength": 0.6,
            "style_weight": 0.7,
            "seed": 66,
        },
        pictures={"image": "room", "style_image": "scene"},
    ),
)

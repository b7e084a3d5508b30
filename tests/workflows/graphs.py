"""The example workflows as API graphs: the source that the files in ``example_workflows/`` are made from.

A graph names only the inputs that matter; :func:`tests.workflows.convert.complete` fills in the rest. Every
picture comes from the pack's own Example picture node, so that each graph runs on any machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Graph: TypeAlias = "dict[str, dict[str, Any]]"
"""ComfyUI's API format: node id -> class_type, inputs (values, or [node id, output]) and _meta.title."""


@dataclass(frozen=True)
class Example:
    """One workflow file. Titles are ``task - what it shows``, so that the files sort by task.

    ``tasks``: titles of its groups with the nodes of each. ``result``: the node whose pictures become the
    thumbnail. ``sizes``: (width, height) of nodes whose usual size does not fit. ``after``: title of the example
    whose stored results it needs.
    """

    title: str
    graph: Graph
    tasks: Mapping[str, tuple[str, ...]]
    result: str
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    after: str = ""


def node(class_type: str, title: str, /, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs, "_meta": {"title": title}}


def child(prefix: str, /, **values: Any) -> dict[str, Any]:
    """The inputs that a dynamic combo shows, as the wire names them: ``composition.canvas_width``."""
    return {f"{prefix}.{name}": value for name, value in values.items()}


TEXT_TO_IMAGE = Example(
    "Text to image - One sentence",
    {
        "1": node(
            "Volcv_high_aes_general_v14",
            "Text to image",
            prompt="Layered mountain ridges in morning mist, a pale sun rising over a calm valley, soft blue tones, "
            "fine detail, landscape photograph",
            width=768,
            height=512,
            seed=20250,
        ),
        "2": node("SaveImage", "Save the picture", images=["1", 0], filename_prefix="volcv/text to image"),
    },
    {"Text to image": ("1", "2")},
    "2",
)

VARIATIONS = Example(
    "Text to image - Variations with watermark",
    {
        "1": node(
            "Volcv_watermark",
            "Visible watermark",
            logo_text_content="AI generated",
            position="bottom left",
            language="English",
            opacity=0.8,
        ),
        "2": node(
            "Volcv_high_aes_general_v14",
            "Four pictures of one prompt",
            logo_info=["1", 0],
            prompt="Mountain ridges above a sea of clouds at dawn, the first sun between the peaks, golden light, "
            "landscape photograph",
            width=768,
            height=512,
            seed=31_000,
            count=4,
        ),
        "3": node("SaveImage", "Save the pictures", images=["2", 0], filename_prefix="volcv/variations"),
    },
    {"Variations with a watermark": ("1", "2", "3")},
    "3",
    {"3": (560, 470)},
)

RECALL = Example(
    "Results - Recall free of charge",
    {
        "1": node("Volcv_recall", "The newest results", newest=4),
        "2": node("SaveImage", "Save them again", images=["1", 0], filename_prefix="volcv/recalled"),
        "3": node("PreviewAny", "Where they came from", source=["1", 2]),
    },
    {"Recall results": ("1", "2", "3")},
    "2",
    {"2": (560, 470)},
    after=VARIATIONS.title,
)

CHARACTER = Example(
    "Character - New scene",
    {
        "1": node("Volcv_example_picture", "Reference picture", picture="character"),
        "2": node(
            "Volcv_high_aes_ip_v20",
            "Put the character into a new scene",
            image=["1", 0],
            prompt="The same character walks through a lantern-lit night market after the rain, reflections on the "
            "wet pavement, warm light from the stalls, shallow depth of field, cinematic",
            width=512,
            height=640,
            seed=7301,
        ),
        "3": node("SaveImage", "Save the picture", images=["2", 0], filename_prefix="volcv/character"),
    },
    {"Character in a new scene": ("1", "2", "3")},
    "3",
)

OUTPAINTING = Example(
    "Outpainting - Sides or canvas",
    {
        "1": node("Volcv_example_picture", "Source picture", picture="landscape"),
        "2": node(
            "Volcv_i2i_outpainting",
            "Grow by a fraction per side",
            image=["1", 0],
            prompt="the landscape goes on to both sides under the same sky, natural light, seamless",
            top=0.1,
            bottom=0.0,
            left=0.25,
            right=0.25,
            seed=411,
        ),
        "3": node("SaveImage", "Save the wider picture", images=["2", 0], filename_prefix="volcv/outpainting sides"),
        "4": node(
            "ImagePadForOutpaint",
            "Pad by pixels",
            image=["1", 0],
            left=128,
            top=256,
            right=128,
            bottom=128,
            feathering=24,
        ),
        "5": node(
            "Volcv_i2i_outpainting",
            "Fill the padded canvas",
            image=["4", 0],
            mask=["4", 1],
            prompt="a tall sky with thin clouds above the landscape, meadow in the foreground, seamless",
            seed=412,
        ),
        "6": node("SaveImage", "Save the filled canvas", images=["5", 0], filename_prefix="volcv/outpainting canvas"),
    },
    {"Source": ("1",), "Grow the sides": ("2", "3"), "Fill a padded canvas": ("4", "5", "6")},
    "3",
)

CONTROLNET = Example(
    "Image to image - ControlNet",
    {
        "1": node("Volcv_example_picture", "Room to redecorate", picture="room"),
        "2": node("Volcv_control", "Second control: its edges", image=["1", 0], control_type="canny", strength=0.45),
        "3": node(
            "Volcv_high_aes_scheduler_svr_controlnet_v2_0",
            "New picture with the same depth",
            image=["1", 0],
            more_controls=["2", 0],
            prompt="A bright Scandinavian living room in the early morning, oak furniture, linen curtains, a few green "
            "plants, sunlight across the floor, interior photograph",
            control_type="depth",
            control_strength=0.6,
            seed=90210,
        ),
        "4": node("SaveImage", "Save the pictures", images=["3", 0], filename_prefix="volcv/controlnet"),
    },
    {"ControlNet": ("1", "2", "3", "4")},
    "4",
)


PRODUCT_PROMPT = "marble table top,warm evening interior,soft bokeh lamps,elegant,premium advertising photo,"

PRODUCT = Example(
    "Product - New scene",
    {
        "1": node("Volcv_example_picture", "Product", picture="product"),
        "2": node("InvertMask", "White is the product", mask=["1", 1]),
        "3": node("Volcv_example_picture", "Scene to follow", picture="scene"),
        "4": node(
            "Volcv_img2img_e_commerce_style",
            "Stage the product",
            product_image=["1", 0],
            product_mask=["2", 0],
            ref_image=["3", 0],
            positive_prompt=PRODUCT_PROMPT,
            composition="automatic",
            **child("composition", canvas_width=1200, canvas_height=1200, auto_offset_y=48, auto_scale=0.66),
            light="Top Left Light",
            seed=5150,
        ),
        "5": node("SaveImage", "Save the picture", images=["4", 0], filename_prefix="volcv/product picture"),
    },
    {"Product picture": ("1", "2", "3", "4", "5")},
    "5",
    {"5": (520, 600)},
)

BANNER = Example(
    "Product - Scene and banner",
    {
        "1": node("Volcv_example_picture", "Product", picture="product"),
        "2": node("Volcv_example_picture", "Scene to follow", picture="scene"),
        "3": node(
            "Volcv_img2img_e_commerce_style",
            "Stage the product",
            product_image=["1", 0],
            ref_image=["2", 0],
            positive_prompt=PRODUCT_PROMPT,
            composition="automatic",
            **child("composition", canvas_width=1024, canvas_height=1024, auto_offset_y=49, auto_scale=0.66),
            light="Top Left Light",
            seed=5151,
        ),
        "4": node("SaveImage", "Save the product picture", images=["3", 0], filename_prefix="volcv/banner square"),
        "5": node(
            "Volcv_i2i_outpainting",
            "Widen it to a banner",
            image=["3", 0],
            prompt="the marble table and the warm evening interior go on to both sides, calm space for a headline",
            top=0.0,
            bottom=0.0,
            left=0.7,
            right=0.7,
            seed=5152,
        ),
        "6": node("SaveImage", "Save the banner", images=["5", 0], filename_prefix="volcv/banner"),
    },
    {"Product picture": ("1", "2", "3", "4"), "Banner": ("5", "6")},
    "6",
    {"6": (560, 320)},
)

EXAMPLES = (TEXT_TO_IMAGE, VARIATIONS, RECALL, CHARACTER, OUTPAINTING, CONTROLNET, PRODUCT, BANNER)


def example(title: str) -> Example:
    """The example of that title; KeyError if there is none."""
    return {one.title: one for one in EXAMPLES}[title]

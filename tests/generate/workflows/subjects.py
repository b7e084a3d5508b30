"""Examples about somebody or something that stays itself: characters, portraits, products, cut-outs."""

from __future__ import annotations

from typing import Any

from tests.generate.workflows.default import of_model
from tests.generate.workflows.parts import Example, child, node, picture, save
from volcv_client.catalog import model

CHARACTER = of_model(model("Volcv_high_aes_ip_v20"), "Character - New scene")

STYLES = ("American comics", "3D doll")


def portraits() -> Example:
    """One photo in two styles."""
    graph = {"1": picture("character", "One face")}
    for number, style in enumerate(STYLES, 1):
        graph[str(2 * number)] = node("Volcv_single_photo_portrait", image=["1", 0], style=style)
        graph[str(2 * number + 1)] = save(str(2 * number), f"portrait {style.lower()}")
    return Example("Portrait - Single photo styles", graph, ("3", "5"), sizes=dict.fromkeys(("3", "5"), (420, 410)))


PORTRAITS = portraits()

PRODUCT_PROMPT = "marble table top,warm evening interior,soft bokeh lamps,elegant,premium advertising photo,"
STONE_PROMPT = "a flat stone at the shore of a mountain lake,sunset,calm water,perfume advertisement,"


def staging(prompt: str) -> dict[str, Any]:
    """The prompt in a node of its own: the product picture's is full of settings."""
    return node("PrimitiveStringMultiline", "Scene in words", value=prompt)


CUT_OUT = Example(
    "Segment - Cut out and restage",
    {
        "1": picture("product", "Subject"),
        "2": node("Volcv_saliency_seg", image=["1", 0], only_mask="full size", refine_mask="matting"),
        "3": picture("landscape", "Scene"),
        "4": staging(STONE_PROMPT),
        "5": node(
            "Volcv_img2img_e_commerce_style",
            product_image=["2", 0],
            product_mask=["2", 3],
            ref_image=["3", 0],
            positive_prompt=["4", 0],
            composition="automatic",
            **child("composition", canvas_width=1200, canvas_height=1000, auto_offset_y=49, auto_scale=0.7),
            light="Top Right Light",
            seed=5160,
        ),
        "6": save("5", "restaged"),
    },
    ("6",),
    (("1",), ("3", "4", "2"), ("5",), ("6",)),
    sizes={"6": (320, 300)},
)

PRODUCT = Example(
    "Product - New scene",
    {
        "1": picture("product", "Product"),
        "2": node("InvertMask", "Product mask", mask=["1", 1]),
        "3": picture("scene", "Scene"),
        "4": staging(PRODUCT_PROMPT),
        "5": node(
            "Volcv_img2img_e_commerce_style",
            product_image=["1", 0],
            product_mask=["2", 0],
            ref_image=["3", 0],
            positive_prompt=["4", 0],
            composition="automatic",
            **child("composition", canvas_width=1200, canvas_height=1200, auto_offset_y=48, auto_scale=0.66),
            light="Top Left Light",
            seed=5150,
        ),
        "6": save("5", "product picture"),
    },
    ("6",),
    (("1",), ("2", "3", "4"), ("5",), ("6",)),
    sizes={"6": (360, 400)},
)

TRY_ON = Example(
    "Product - Try-on",
    {
        "1": picture("character", "Who wears it"),
        "2": picture("garment", "Garment"),
        "3": node(
            "Volcv_dressing_diffusionV2",
            model_image=["1", 0],
            garment_1=["2", 0],
            garment_1_type="upper",
            seed=6110,
        ),
        "4": save("3", "try-on"),
    },
    ("4",),
    sizes={"4": (360, 400)},
)

BANNER = Example(
    "Product - Scene and banner",
    {
        "1": picture("product", "Product"),
        "2": picture("scene", "Scene"),
        "3": staging(PRODUCT_PROMPT),
        "4": node(
            "Volcv_img2img_e_commerce_style",
            product_image=["1", 0],
            ref_image=["2", 0],
            positive_prompt=["3", 0],
            composition="automatic",
            **child("composition", canvas_width=1024, canvas_height=1024, auto_offset_y=49, auto_scale=0.66),
            light="Top Left Light",
            seed=5151,
        ),
        "5": node(
            "Volcv_i2i_outpainting",
            "Widen it to a banner",
            image=["4", 0],
            prompt="the marble table and the warm evening interior go on to both sides, calm space for a headline",
            top=0.0,
            bottom=0.0,
            left=0.7,
            right=0.7,
            seed=5152,
        ),
        "6": save("5", "banner"),
    },
    ("6",),
    sizes={"6": (290, 260)},
)

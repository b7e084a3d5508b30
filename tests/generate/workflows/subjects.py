"""Examples about somebody or something that stays itself: characters, portraits, products, cut-outs."""

from __future__ import annotations

from tests.generate.workflows.default import of_model
from tests.generate.workflows.parts import Example, child, node, picture, save
from volcv_client.catalog import model

CHARACTER = of_model(model("Volcv_high_aes_ip_v20"), "Character - New scene", titles={"1": "Reference picture"})

STYLES = ("American comics", "3D doll", "Cyberpunk", "Business ID photo")


def portraits() -> Example:
    """One photo in several styles."""
    graph = {"1": picture("character", "Photo of one face")}
    tasks = {"Photo": ("1",)}
    for number, style in enumerate(STYLES, 1):
        key, saved = str(2 * number), str(2 * number + 1)
        graph[key] = node("Volcv_single_photo_portrait", style, image=["1", 0], style=style)
        graph[saved] = save(key, f"Save: {style}", f"portrait {style.lower()}")
        tasks[style] = (key, saved)
    return Example("Portrait - Single photo styles", graph, tasks, tuple(task[1] for task in [*tasks.values()][1:]))


PORTRAITS = portraits()

CUT_OUT = Example(
    "Segment - Cut out and restage",
    {
        "1": picture("product", "Picture with a subject"),
        "2": node(
            "Volcv_saliency_seg", "Cut out the subject", image=["1", 0], only_mask="full size", refine_mask="matting"
        ),
        "3": save("2", "Save the cut-out", "cut-out"),
        "4": picture("landscape", "Scene to follow"),
        "5": node(
            "Volcv_img2img_e_commerce_style",
            "Stage it as a product",
            product_image=["1", 0],
            product_mask=["2", 3],
            ref_image=["4", 0],
            positive_prompt="a flat stone at the shore of a mountain lake,sunset,calm water,perfume advertisement,",
            composition="automatic",
            **child("composition", canvas_width=1200, canvas_height=1000, auto_offset_y=49, auto_scale=0.7),
            light="Top Right Light",
            seed=5160,
        ),
        "6": save("5", "Save the picture", "restaged"),
    },
    {"Cut out": ("1", "2", "3"), "Restage": ("4", "5", "6")},
    ("6",),
    {"6": (480, 460)},
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
    ("5",),
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
    ("6",),
    {"6": (560, 320)},
)

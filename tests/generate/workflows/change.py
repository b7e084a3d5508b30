"""Examples that start from a picture: edit, repaint, erase, grow, restyle, restore."""

from __future__ import annotations

from tests.generate.workflows.default import mask_nodes, of_model
from tests.generate.workflows.parts import Example, node, picture, save
from volcv_client.catalog import model

EDIT = of_model(model("Volcv_byteedit_v2_0"), "Edit - One sentence")
SEEDEDIT = of_model(model("Volcv_seededit_v3_0"), "Edit - SeedEdit 3.0")
REPAINT = of_model(model("Volcv_i2i_inpainting_edit"), "Inpaint - Repaint with a prompt")
ERASE = of_model(model("Volcv_i2i_inpainting"), "Inpaint - Erase")
STYLE = of_model(model("Volcv_stylise"), "Image to image - One of 17 styles")
STYLE_REFERENCE = of_model(
    model("Volcv_i2i_xl_sft"),
    "Image to image - Style of a picture",
    titles={"1": "Room", "2": "Style"},
)

LAMP = (0.826, 0.26, 0.963, 0.814)
"""The floor lamp's box in the picture of the room."""
DELETE = "\u5220\u9664"
"""The prompt that erases, as the page of the model says."""

ERASE_BY_PROMPT = Example(
    "Inpaint - Erase by prompt",
    {
        "1": picture("room"),
        **dict(zip("234", mask_nodes((1024, 768), LAMP, 2), strict=True)),
        "5": node("Volcv_jimeng_image2image_dream_inpaint", image=["1", 0], mask=["4", 0], prompt=DELETE, seed=101),
        "6": save("5", "erased by prompt"),
    },
    ("6",),
)

SIDES = Example(
    "Outpainting - Sides",
    {
        "1": picture("landscape"),
        "2": node(
            "Volcv_i2i_outpainting",
            image=["1", 0],
            prompt="the landscape goes on to both sides under the same sky, natural light, seamless",
            top=0.1,
            bottom=0.0,
            left=0.25,
            right=0.25,
            seed=411,
        ),
        "3": save("2", "outpainting sides"),
    },
    ("3",),
    sizes={"3": (480, 360)},
)

CANVAS = Example(
    "Outpainting - Padded canvas",
    {
        "1": picture("landscape"),
        "2": node("ImagePadForOutpaint", image=["1", 0], left=128, top=256, right=128, bottom=128, feathering=24),
        "3": node(
            "Volcv_i2i_outpainting",
            image=["2", 0],
            mask=["2", 1],
            prompt="a tall sky with thin clouds above the landscape, meadow in the foreground, seamless",
            seed=412,
        ),
        "4": save("3", "outpainting canvas"),
    },
    ("4",),
)

CONTROLNET = Example(
    "Image to image - ControlNet",
    {
        "1": picture("room"),
        "2": node("Volcv_control", "Second control", image=["1", 0], control_type="canny", strength=0.45),
        "3": node(
            "Volcv_high_aes_scheduler_svr_controlnet_v2_0",
            image=["1", 0],
            more_controls=["2", 0],
            prompt="A bright Scandinavian living room in the early morning, oak furniture, linen curtains, a few green "
            "plants, sunlight across the floor, interior photograph",
            control_type="depth",
            control_strength=0.6,
            seed=90210,
        ),
        "4": save("3", "controlnet"),
    },
    ("4",),
)

SMALL = {
    "1": picture("landscape"),
    "2": node("ImageScale", "Smaller", image=["1", 0], upscale_method="area", width=320, height=240, crop="disabled"),
    "3": node("PreviewImage", "Low quality", images=["2", 0]),
}
"""A good picture that is spoilt by making it small (2), and what that looks like (3)."""

RESTORE = Example(
    "Restore - Low quality",
    {
        **SMALL,
        "4": node("Volcv_lens_lqir", image=["2", 0], resolution_boundary="720p", enable_hdr=True),
        "5": save("4", "restored"),
    },
    ("3", "5"),
    (("1",), ("2",), ("3", "4"), ("5",)),
)

TO_4K = Example(
    "Restore - To 4K",
    {
        **SMALL,
        "4": node("Volcv_jimeng_i2i_seed3_tilesr_cvtob", image=["2", 0], resolution="4k", scale=40),
        "5": save("4", "4k"),
    },
    ("3", "5"),
    (("1",), ("2",), ("3", "4"), ("5",)),
)

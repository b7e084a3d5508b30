"""Examples that start from a picture: edit, repaint, erase, grow, restyle, restore."""

from __future__ import annotations

from tests.generate.workflows.parts import Example, child, node, picture, save

EDIT = Example(
    "Edit - One sentence",
    {
        "1": picture("character", "Picture to change"),
        "2": node(
            "PrimitiveStringMultiline",
            "What to change",
            value="Put the robot into a sunny desert with red rocks, keep its face and its pose",
        ),
        "3": node("Volcv_byteedit_v2_0", "Edit 2.0 Pro", image=["1", 0], prompt=["2", 0], scale=0.5, seed=6021),
        "4": save("3", "Save the first version", "edit 2.0 pro"),
        "5": node("Volcv_seededit_v3_0", "SeedEdit 3.0", image=["1", 0], prompt=["2", 0], scale=0.5, seed=6031),
        "6": save("5", "Save the second version", "seededit"),
    },
    {"Picture and sentence": ("1", "2"), "Instruction edit 2.0 Pro": ("3", "4"), "SeedEdit 3.0": ("5", "6")},
    ("4", "6"),
)

INPAINT = Example(
    "Inpaint - Edit and erase",
    {
        "1": picture("room", "Room to change"),
        "2": node("SolidMask", "Nothing selected (black)", value=0.0, width=1024, height=768),
        "3": node("SolidMask", "Box: the framed picture", value=1.0, width=236, height=178),
        "4": node(
            "MaskComposite",
            "Put the box on the wall",
            destination=["2", 0],
            source=["3", 0],
            x=500,
            y=165,
            operation="add",
        ),
        "5": node(
            "Volcv_i2i_inpainting_edit",
            "Repaint the white part",
            image=["1", 0],
            mask=["4", 0],
            custom_prompt="a round mirror in a thin brass frame on the wall, daylight reflected in it",
            seed=7411,
        ),
        "6": save("5", "Save the room with a mirror", "inpaint edit"),
        "7": node("SolidMask", "Box: the floor lamp", value=1.0, width=140, height=425),
        "8": node(
            "MaskComposite",
            "Put the box over the lamp",
            destination=["2", 0],
            source=["7", 0],
            x=846,
            y=200,
            operation="add",
        ),
        "9": node(
            "Volcv_i2i_inpainting", "Erase the white part", image=["1", 0], mask=["8", 0], quality="M", seed=7412
        ),
        "10": save("9", "Save the room without the lamp", "inpaint erase"),
    },
    {
        "Picture and empty mask": ("1", "2"),
        "Repaint with a prompt": ("3", "4", "5", "6"),
        "Erase": ("7", "8", "9", "10"),
    },
    ("6", "10"),
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
    ("3",),
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
    ("4",),
)

STYLE = Example(
    "Image to image - Style and reference",
    {
        "1": picture("landscape", "Picture to redraw"),
        "2": node("Volcv_stylise", "In another style", image=["1", 0], style="water ink", strength=0.6, seed=8801),
        "3": save("2", "Save the ink painting", "style"),
        "4": picture("room", "Room to keep"),
        "5": picture("scene", "Style to take over"),
        "6": node(
            "Volcv_i2i_xl_sft",
            "New room in that style",
            image=["4", 0],
            style_image=["5", 0],
            prompt="A living room in warm gold and marble, evening light, interior photograph",
            control_type="depth",
            **child("control_type", control_strength=0.6),
            style_weight=0.7,
            seed=8802,
        ),
        "7": save("6", "Save the new room", "style reference"),
    },
    {"One of 17 styles": ("1", "2", "3"), "The style of a picture": ("4", "5", "6", "7")},
    ("3", "7"),
)

RESTORE = Example(
    "Restore - Low quality",
    {
        "1": picture("landscape", "Good picture"),
        "2": node(
            "ImageScale",
            "Make it small",
            image=["1", 0],
            upscale_method="area",
            width=320,
            height=240,
            crop="disabled",
        ),
        "3": node("ImageBlur", "Blur it", image=["2", 0], blur_radius=3, sigma=1.5),
        "4": node("PreviewImage", "Low quality", images=["3", 0]),
        "5": node("Volcv_lens_lqir", "Restore it", image=["3", 0], resolution_boundary="720p", enable_hdr=True),
        "6": save("5", "Save the restored picture", "restored"),
    },
    {"A bad picture": ("1", "2", "3", "4"), "Restore": ("5", "6")},
    ("4", "6"),
)

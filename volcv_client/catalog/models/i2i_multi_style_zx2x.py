"""Image effect templates: current models; templates and ranges as clients copied them."""

from __future__ import annotations

from .. import shared
from ..spec import TASK, Advice, Choice, Example, Model, Origin, Picture, Require

TEMPLATES = (
    "felt_3d_polaroid",
    "my_world",
    "my_world_universal",
    "plastic_bubble_figure",
    "plastic_bubble_figure_cartoon_text",
    "furry_dream_doll",
    "micro_landscape_mini_world",
    "micro_landscape_mini_world_professional",
    "acrylic_ornaments",
    "felt_keychain",
    "lofi_pixel_character_mini_card",
    "angel_figurine",
    "lying_in_fluffy_belly",
    "glass_ball",
    "earphone_case_style",
    "electronic_pet_egg_style",
    "patchwork_collage_style",
    "claw_machine_style",
    "car_miniature_ornaments",
    "Mid-Autumn_Festival_new_chinese_style",
    "Mid-Autumn_Festival_individual",
    "Christmas_green_background",
    "Christmas_tree",
    "Spring_Festival_traditional_Chinese_architecture",
    "birthday_photo_gorgeous",
    "birthday_photo_red",
    "birthday_photo_party",
    "graduation_photo",
)

MODEL = Model(
    req_key="i2i_multi_style_zx2x",
    title="Image effect templates",
    group="Portrait & character",
    summary="Turns a photo of a person into a figure, a keychain, a card or another of 28 effects. Runs as a task.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(
            name="image",
            link_path="image_input1",
            url_input="image_input1",
            origin=Origin.THIRD_PARTY,
            tooltip="A photo of one person who looks ahead. It is uploaded and sent as a link.",
        ),
        Choice(
            name="template_id",
            default=TEMPLATES[0],
            options={template: {"template_id": template} for template in TEMPLATES},
            origin=Origin.THIRD_PARTY,
            tooltip="The effect.",
        ),
        *shared.size(1328, ".", advice=Advice(512, 2048), origin=Origin.THIRD_PARTY),
        shared.seed(),
        shared.address("image_input1", "image"),
        *shared.result_options(),
    ),
    requires=(Require(("image", "image_input1"), why="input_needed"),),
    modes={"task": TASK},
    native_only=True,
    aliases=("effect", "template", "figure", "keychain", "polaroid", "texiao", "moban", "shouban"),
    example=Example(
        title="Image effects: a photo becomes a figure",
        caption="The picture is uploaded first, because the model takes links only.",
        values={"template_id": "acrylic_ornaments", "seed": 28},
        pictures={"image": "character"},
    ),
)

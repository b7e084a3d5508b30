"""Anime 1.3 and General 1.3: catalog section 5, gateway page 289472105, official page docs/6791/1213131.

Anime takes a picture or none, General takes none and can enlarge. Their sizes differ, and a declaration has one
range per input: the hard one is what either of them takes, the tooltip tells them apart.
"""

from __future__ import annotations

from .. import shared
from ..spec import Area, Choice, Condition, Example, Model, Number, Origin, Picture, Seed, Switch

ANIME, GENERAL = "anime_v1.3", "general_v1.3"
IS_ANIME: Condition = {"model_version": ANIME}
IS_GENERAL: Condition = {"model_version": GENERAL}

MODEL = Model(
    req_key="high_aes",
    title="Anime 1.3 text to image",
    group="Text to image",
    summary="Draws an anime picture from a text, with or without a picture to start from. General 1.3 is in it too.",
    page="https://www.volcengine.com/docs/6791/1213131",
    inputs=(
        Choice(
            name="model_version",
            default=ANIME,
            options={version: {"model_version": version} for version in (ANIME, GENERAL)},
            origin=Origin.GATEWAY,
            tooltip="anime_v1.3: anime, from a text or from a picture. general_v1.3: any subject, from a text only; "
            "set width, height, scale and ddim_steps to 512, 512, 3.5 and 25.",
        ),
        Picture(
            name="image",
            only_if=IS_ANIME,
            origin=Origin.GATEWAY,
            tooltip="A picture to start from; only with anime_v1.3. Its longer side should be less than 1.77 times "
            "its shorter one, others mostly fail.",
        ),
        shared.prompt("What the picture shows, in Chinese or English.", origin=Origin.GATEWAY),
        *shared.size(
            1024,
            ". anime_v1.3: 576 to 1728, and width times height at most 1088 x 1088. general_v1.3: 128 to 512.",
            low=128,
            high=1728,
            origin=Origin.OFFICIAL,
        ),
        shared.seed(),
        shared.scale(7.0, None, origin=Origin.GATEWAY, note=" general_v1.3: 3.5."),
        shared.steps(20, origin=Origin.GATEWAY, note=" general_v1.3: 25."),
        Number(
            name="strength",
            default=0.7,
            only_if={**IS_ANIME, "image": True},
            origin=Origin.GATEWAY,
            tooltip="How far the result may leave the picture; only with an image.",
        ),
        Switch(
            name="use_sr",
            default=False,
            only_if=IS_GENERAL,
            origin=Origin.OFFICIAL,
            tooltip="Super-resolution: the picture comes out twice as wide and high; only with general_v1.3.",
        ),
        Seed(
            name="sr_seed",
            only_if=IS_GENERAL,
            origin=Origin.OFFICIAL,
            advanced=True,
            tooltip="Seed of the super-resolution; -1: the service picks. Only with general_v1.3.",
        ),
        shared.return_url(False, Origin.GATEWAY),
        shared.logo_info({}),
    ),
    areas=(
        Area("width", "height", 576 * 576, 1088 * 1088, sides=(576, 1728), only_if=IS_ANIME),
        Area("width", "height", 128 * 128, 512 * 512, sides=(128, 512), only_if=IS_GENERAL),
    ),
    aliases=("anime", "manga", "text to image", "t2i", "img2img", "dongman", "wenshengtu", "general 1.3", "doubao"),
    example=Example(
        title="Anime 1.3: from a text, or from a picture",
        caption="A picture to start from; a strength of 0.6 says how far the result may leave it.",
        values={
            "prompt": "A little robot with an orange scarf waves, anime, clean lines",
            "model_version": "anime_v1.3",
            "width": 768,
            "height": 768,
            "strength": 0.6,
            "seed": 76,
        },
        pictures={"image": "character"},
    ),
)

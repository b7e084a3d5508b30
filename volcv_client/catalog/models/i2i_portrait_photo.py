"""Portrait photography 3.0: current models, page docs/85128/1602212; ranges as clients copied them."""

from __future__ import annotations

from .. import shared
from ..spec import TASK, Advice, Choice, Example, Model, Number, Origin, Picture, Require

GEN_MODES = ("creative", "reference", "reference_char")


def strength(name: str, default: float, tooltip: str) -> Number:
    return Number(
        name=name,
        default=default,
        step=0.1,
        advice=Advice(0, 1),
        origin=Origin.THIRD_PARTY,
        tooltip=tooltip,
    )


MODEL = Model(
    req_key="i2i_portrait_photo",
    title="Portrait photography 3.0",
    group="Portrait & character",
    summary="Photographs the person of a picture anew, as a text describes. Runs as a task.",
    page="https://www.volcengine.com/docs/85128/1602212",
    inputs=(
        Picture(
            name="image",
            link_path="image_input",
            url_input="image_input",
            origin=Origin.THIRD_PARTY,
            tooltip="A picture with a clear face. It is uploaded and sent as a link.",
        ),
        shared.prompt(
            "The new photograph. Without a prompt the service keeps to the picture (reference).",
            required=False,
            origin=Origin.THIRD_PARTY,
        ),
        Choice(
            name="gen_mode",
            default=shared.SERVICE_DEFAULT,
            options={shared.SERVICE_DEFAULT: {}, **{mode: {"gen_mode": mode} for mode in GEN_MODES}},
            origin=Origin.THIRD_PARTY,
            tooltip="creative: only the kind of person stays. reference: person and background stay. reference_char: "
            "the person stays.",
        ),
        *shared.size(1328, ".", advice=Advice(512, 2048), origin=Origin.THIRD_PARTY),
        shared.seed(),
        strength("gpen", 0.4, "How clear the face becomes."),
        strength("skin", 0.3, "How much the skin is smoothed."),
        strength("skin_unifi", 0.0, "How even the skin's colour becomes."),
        shared.address("image_input", "image"),
        *shared.result_options(),
    ),
    requires=(Require(("image", "image_input"), why="input_needed"),),
    modes={"task": TASK},
    native_only=True,
    aliases=("portrait", "photo", "face", "headshot", "xiezhen", "renxiang", "zhengjianzhao"),
    example=Example(
        title="Portrait photography 3.0: one face, a new photograph",
        caption="The picture is uploaded first, because the model takes links only.",
        values={"prompt": "Studio portrait in a linen suit, soft side light, grey backdrop", "seed": 1602},
        pictures={"image": "character"},
    ),
)

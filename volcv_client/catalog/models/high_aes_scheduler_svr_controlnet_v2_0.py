"""General 2.0 Pro image-to-image (ControlNet): seed page 003_b5f24d6d34d57f85.txt, catalog section 4.4."""

from __future__ import annotations

from dataclasses import replace

from .. import shared
from ..spec import Advice, Choice, Condition, Example, Integer, Model, Number, Origin, Picture, Seed

SR_ON: Condition = {"use_sr": "on"}

MODEL = Model(
    req_key="high_aes_scheduler_svr_controlnet_v2.0",
    title="ControlNet image to image 2.0 Pro",
    group="Image to image",
    summary="Makes a new picture that keeps the edges, the depth or the pose of a given one.",
    page="https://www.volcengine.com/docs/6791/1424608",
    fixed={
        "model_version": "general_controlnet_v2.0",
        "controlnet_args[0].binary_data_index": 0,
    },
    inputs=(
        Picture(name="image", required=True, tooltip="The picture whose edges, depth or pose are kept."),
        shared.more_controls(),
        shared.prompt("What the new picture shows, in Chinese or English."),
        Choice(
            name="control_type",
            default="depth",
            origin=Origin.THIRD_PARTY,
            options={kind: {"controlnet_args[0].type": kind} for kind in shared.CONTROL_TYPES},
            tooltip="What is kept of the picture: canny edges, depth, or the pose of a person. With canny the "
            "service may return the edge map as a second picture.",
        ),
        replace(shared.CONTROL_STRENGTH, name="control_strength", wire=("controlnet_args[0].strength",)),
        shared.seed(),
        shared.scale(3.0, 30),
        Integer(
            name="ddim_steps",
            default=16,
            low=1,
            advice=Advice(1, 50),
            tooltip="Sampling steps; high values may time out.",
        ),
        shared.use_rephraser(),
        Choice(
            name="use_sr",
            default=shared.SERVICE_DEFAULT,
            origin=Origin.THIRD_PARTY,
            advanced=True,
            options={shared.SERVICE_DEFAULT: {}, "on": {"use_sr": True}, "off": {"use_sr": False}},
            tooltip="Super-resolution after generation. The model's page does not name this field, so by default it "
            "is not sent.",
        ),
        Seed(
            name="sr_seed",
            only_if=SR_ON,
            origin=Origin.THIRD_PARTY,
            advanced=True,
            tooltip="Seed of the super-resolution; -1: the service picks. Only sent with use_sr on.",
        ),
        Number(
            name="sr_strength",
            default=0.4,
            only_if=SR_ON,
            advice=Advice(0, 1),
            origin=Origin.THIRD_PARTY,
            advanced=True,
            tooltip="Strength of the super-resolution. Only sent with use_sr on.",
        ),
        Number(
            name="sr_scale",
            default=3.5,
            step=0.1,
            only_if=SR_ON,
            advice=Advice(1, 30),
            origin=Origin.THIRD_PARTY,
            advanced=True,
            tooltip="Prompt influence during super-resolution. Only sent with use_sr on.",
        ),
        Integer(
            name="sr_steps",
            default=10,
            low=1,
            only_if=SR_ON,
            advice=Advice(1, 50),
            origin=Origin.THIRD_PARTY,
            advanced=True,
            tooltip="Steps of the super-resolution. Only sent with use_sr on.",
        ),
        shared.return_url(True),
        shared.logo_info(
            {"position": 0, "language": 0, "logo_text_content": "\u8fd9\u91cc\u662f\u660e\u6c34\u5370\u5185\u5bb9"}
        ),
    ),
    texts=("rephraser_result", "predict_tags_result"),
    service_seconds=5.9,
    aliases=("controlnet", "canny", "depth", "pose", "img2img", "tushengtu", "doubao"),
    example=Example(
        title="ControlNet 2.0 Pro: the same room in depth, a new look",
        caption="The depth of the given room steers the new picture with a strength of 0.8.",
        values={
            "prompt": "The same living room as a cabin in a winter forest, warm lamps",
            "control_type": "depth",
            "control_strength": 0.8,
            "seed": 47,
        },
        pictures={"image": "room"},
    ),
)

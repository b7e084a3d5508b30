"""Motion imitation 1.0: current models, official page 85621/1798351; field names as four clients send them."""

from __future__ import annotations

from .. import shared, videos
from ..spec import TASK, Example, Model, Origin, Output, Picture, Require, Video

MODEL = Model(
    req_key="jimeng_dream_actor_m1_gen_video_cv",
    title="Motion imitation 1.0",
    group="Video",
    summary="Lets the person of a picture move like the one in a video. Runs as a task of some minutes.",
    page="https://www.volcengine.com/docs/85621/1798351",
    inputs=(
        Picture(
            name="image",
            link_path="image_url",
            url_input="image_url",
            origin=Origin.THIRD_PARTY,
            tooltip="The person who moves. It is uploaded and sent as a link.",
        ),
        Video(
            name="video",
            link_path="video_url",
            url_input="video_url",
            origin=Origin.THIRD_PARTY,
            tooltip="The movement, at most 30 seconds. It is uploaded and sent as a link.",
        ),
        shared.address("image_url", "image"),
        shared.address("video_url", "video"),
        shared.aigc_meta(),
    ),
    requires=(
        Require(("image", "image_url"), why="input_needed"),
        Require(("video", "video_url"), why="input_needed"),
    ),
    outputs=(Output.VIDEO,),
    modes={"task": TASK},
    native_only=True,
    service_seconds=180.0,
    prices={"jimeng_dream_actor_m1_gen_video_cv": videos.video_price(0.5, "2026-04")},
    aliases=("dance", "motion", "mimic", "dreamactor", "dongzuo mofang", "tiaowu"),
    example=Example(
        title="Motion imitation 1.0: a person moves like a video",
        caption="A picture and the address of a video. The sandbox fetches no address and moves the picture.",
        values={"video_url": "https://example.com/dance.mp4"},
        pictures={"image": "character"},
    ),
)

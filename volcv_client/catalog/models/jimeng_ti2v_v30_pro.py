"""Jimeng video 3.0 Pro, from a text or a first picture: catalog section 6."""

from __future__ import annotations

from dataclasses import replace

from .. import shared, videos
from ..spec import TASK, Example, Model, Origin, Output, Picture, Require

MODEL = Model(
    req_key="jimeng_ti2v_v30_pro",
    title="Jimeng video 3.0 Pro",
    group="Video",
    summary="Makes a 1080p video from a text, or lets a picture move. Runs as a task of some minutes.",
    page="https://www.volcengine.com/docs/85621/1777001",
    inputs=(
        Picture(name="image", origin=Origin.OFFICIAL, tooltip="First picture of the video; may be left out."),
        shared.prompt(
            "What happens, in Chinese or English. Needed without a picture. Up to 400 characters are advised, 800 are "
            "the most.",
            required=False,
            origin=Origin.OFFICIAL,
        ),
        videos.frames(),
        videos.aspect_ratio({"image": False}),
        shared.seed("video"),
        # Landed with the node, so it stays; what is connected goes into the request for the result.
        replace(
            shared.logo_info({}),
            tooltip="No documented effect: the pages of the video models know no visible watermark. It is sent all the "
            "same.",
        ),
        shared.aigc_meta(late=True),
    ),
    requires=(Require(("prompt", "image"), why="nothing_to_film"),),
    outputs=(Output.VIDEO,),
    modes={"task": TASK},
    limits=videos.FIRST_FRAME,
    native_only=True,
    service_seconds=120.0,
    prices={"jimeng_ti2v_v30_pro": videos.video_price(1.0)},
    video_length=videos.VIDEO_LENGTH,
    aliases=("video", "text to video", "image to video", "i2v", "t2v", "shipin", "wenshengshipin", "jimeng"),
    example=Example(
        title="Jimeng video 3.0 Pro: a picture begins to move",
        caption="The picture is the first frame. The sandbox draws a small, slow camera move, "
        "H.264 as from the service.",
        values={
            "prompt": "The camera glides slowly over the lake towards the mountains, the water ripples, thin "
            "clouds drift in front of the low sun",
            "frames": "121 (5 s)",
            "seed": 2405,
        },
        pictures={"image": "landscape"},
    ),
)

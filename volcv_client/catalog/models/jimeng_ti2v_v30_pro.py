"""Jimeng video 3.0 Pro, from a text or a first picture: catalog section 6."""

from __future__ import annotations

from .. import shared
from ..price import VIDEO_PRICES
from ..spec import (
    TASK,
    Choice,
    Confidence,
    Example,
    Model,
    Origin,
    Output,
    Picture,
    PictureLimits,
    Price,
    Require,
    VideoLength,
)

ASPECT_RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9")
FRAMES = {"121 (5 s)": 121, "241 (10 s)": 241}
"""24 frames a second and one."""

MODEL = Model(
    req_key="jimeng_ti2v_v30_pro",
    title="Jimeng video 3.0 Pro",
    group="Video",
    summary="Makes a 1080p video from a text, or lets a picture move. Runs as a task of some minutes.",
    page="https://www.volcengine.com/docs/85621/1777001",
    inputs=(
        Picture(name="image", origin=Origin.OFFICIAL, tooltip="First picture of the video; may be left out."),
        shared.prompt(
            "What happens, in Chinese or English. Needed without a picture.", required=False, origin=Origin.OFFICIAL
        ),
        Choice(
            name="frames",
            default="121 (5 s)",
            origin=Origin.OFFICIAL,
            options={label: {"frames": frames} for label, frames in FRAMES.items()},
            tooltip="Length of the video, 24 frames a second.",
        ),
        Choice(
            name="aspect_ratio",
            default="16:9",
            origin=Origin.OFFICIAL,
            only_if={"image": False},
            options={label: {"aspect_ratio": label} for label in ASPECT_RATIOS},
            tooltip="Shape of the video. With a picture the picture decides.",
        ),
        shared.seed("video"),
        shared.logo_info({}),
        shared.aigc_meta(late=True),
    ),
    requires=(Require(("prompt", "image"), why="nothing_to_film"),),
    outputs=(Output.VIDEO,),
    modes={"task": TASK},
    limits=PictureLimits(
        max_side=4096,
        max_base64=4_700_000,
        max_total_base64=4_700_000,
        origin=Origin.OFFICIAL,
        min_side=320,
        max_ratio=3,
    ),
    native_only=True,
    service_seconds=120.0,
    prices={
        "jimeng_ti2v_v30_pro": Price(
            amount=1.0, per="second", source=VIDEO_PRICES, date="2026-09-01", confidence=Confidence.DIGEST
        )
    },
    video_length=VideoLength("frames", {121: 5.0, 241: 10.0}),
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

"""Motion imitation 2.0: current models, official page 85621/2201579."""

from __future__ import annotations

from .. import shared, videos
from ..spec import TASK, Example, Model, Origin, Output, Picture, PictureLimits, Require, Switch, Video

MODEL = Model(
    req_key="jimeng_dreamactor_m20_gen_video",
    title="Motion imitation 2.0",
    group="Video",
    summary="Lets the person, animal or figure of a picture move like in a video. Runs as a task of some minutes.",
    page="https://www.volcengine.com/docs/85621/2201579",
    inputs=(
        Picture(
            name="image",
            required=True,
            origin=Origin.OFFICIAL,
            tooltip="Who moves: a person, an animal or a drawn figure; several are possible.",
        ),
        Video(
            name="video",
            link_path="video_url",
            url_input="video_url",
            origin=Origin.OFFICIAL,
            tooltip="The movement, at most 30 seconds. It is uploaded and sent as a link.",
        ),
        shared.address("video_url", "video"),
        Switch(
            name="cut_result_first_second_switch",
            default=True,
            origin=Origin.OFFICIAL,
            tooltip="Cut off the lead-in of one second.",
        ),
        shared.seed("video"),
        shared.aigc_meta(),
    ),
    requires=(Require(("video", "video_url"), why="input_needed"),),
    outputs=(Output.VIDEO,),
    modes={"task": TASK},
    limits=PictureLimits(max_side=4096, max_base64=4_700_000, max_total_base64=4_700_000, origin=Origin.OFFICIAL),
    takes_links=True,
    native_only=True,
    service_seconds=180.0,
    prices={"jimeng_dreamactor_m20_gen_video": videos.video_price(0.4, "")},
    aliases=("dance", "motion", "mimic", "dreamactor", "pose video", "dongzuo mofang", "tiaowu"),
    example=Example(
        title="Motion imitation 2.0: a figure moves like a video",
        caption="A picture and the address of a video. The sandbox fetches no address and moves the picture.",
        values={"video_url": "https://example.com/dance.mp4", "seed": 2201},
        pictures={"image": "character"},
    ),
)

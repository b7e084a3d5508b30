"""Pippit video agent 2.0, without and with a reference video: current models, official page 85621/2359610."""

from __future__ import annotations

from .. import shared
from ..spec import (
    TASK,
    Choice,
    Condition,
    Example,
    Model,
    Origin,
    Output,
    Picture,
    PictureLimits,
    Require,
    Switch,
    Text,
    Video,
)

MOST_PICTURES = 8
PICTURES, WITH_VIDEO = "pictures", "pictures and a video"
GUIDED: Condition = {"reference": WITH_VIDEO}
RATIOS = ("16:9", "9:16", "4:3", "3:4")


def picture(number: int) -> Picture:
    return Picture(
        name=f"image_{number}",
        link_path="img_url_list[]",
        origin=Origin.THIRD_PARTY,
        tooltip=f"Reference picture {number}. It is uploaded and sent as a link.",
    )


def hint(name: str, tooltip: str) -> Text:
    return Text(name=name, on_page=False, origin=Origin.THIRD_PARTY, tooltip=tooltip)


MODEL = Model(
    name="pippit_iv2v_v20_cvtob",
    req_key="pippit_iv2v_v20_cvtob",
    title="Pippit video agent 2.0",
    group="Video",
    summary="Plans, films and cuts an advertising video from a text and reference material. Runs as a task of ten "
    "minutes and more.",
    page="https://www.volcengine.com/docs/85621/2359610",
    inputs=(
        *map(picture, range(1, MOST_PICTURES + 1)),
        Video(
            name="video",
            only_if=GUIDED,
            link_path="video_url_list[]",
            url_input="video_url",
            origin=Origin.THIRD_PARTY,
            tooltip="Reference video, at most 3 minutes and 200 MB. Only with reference 'pictures and a video'.",
        ),
        shared.prompt("What the video shows and says, at most 2,000 characters.", origin=Origin.THIRD_PARTY),
        Choice(
            name="reference",
            default=PICTURES,
            options={
                PICTURES: {"req_key": "pippit_iv2v_v20_cvtob"},
                WITH_VIDEO: {"req_key": "pippit_iv2v_v20_cvtob_with_vinput"},
            },
            origin=Origin.THIRD_PARTY,
            tooltip="The material beside the text. A reference video is charged by its length too.",
        ),
        Choice(
            name="ratio",
            default=shared.SERVICE_DEFAULT,
            options={shared.SERVICE_DEFAULT: {}, **{ratio: {"ratio": ratio} for ratio in RATIOS}},
            origin=Origin.THIRD_PARTY,
            tooltip="Shape of the video.",
        ),
        hint("duration", "About how long, in words: 15s, 30s, 40-60s. Empty: the service decides."),
        hint("language", "Language of speech and subtitles. Empty: the service decides."),
        Switch(
            name="enable_watermark",
            default=True,
            origin=Origin.THIRD_PARTY,
            tooltip="Draw the service's visible watermark.",
        ),
        shared.address("video_url", "video"),
        shared.aigc_meta(),
    ),
    requires=(Require(("video", "video_url"), why="input_needed", only_if=GUIDED),),
    outputs=(Output.VIDEO,),
    modes={"task": TASK},
    limits=PictureLimits(max_side=4096, max_base64=26_000_000, max_total_base64=208_000_000, origin=Origin.THIRD_PARTY),
    native_only=True,
    service_seconds=600.0,
    aliases=("pippit", "agent", "advertising", "commercial", "xiaoyunque", "guanggao", "yingxiao shipin"),
    example=Example(
        title="Pippit video agent 2.0: a commercial from two pictures",
        caption="The pictures are uploaded first. The sandbox fades from the first to the last.",
        values={"prompt": "Fifteen seconds about this perfume: mystery, gold light, a calm voice", "duration": "15s"},
        pictures={"image_1": "product", "image_2": "scene"},
    ),
)

"""OmniHuman 1.5, talking video: current models, official page 85621/1829013."""

from __future__ import annotations

from .. import shared, videos
from ..spec import (
    TASK_ONLY,
    Audio,
    Choice,
    Example,
    MaskPicture,
    Model,
    Origin,
    Output,
    Picture,
    Require,
    Switch,
)

MODEL = Model(
    req_key="jimeng_realman_avatar_picture_omni_v15",
    title="OmniHuman 1.5 talking picture",
    group="Video",
    summary="Lets a person, animal or figure of a picture speak or sing a sound. Runs as a task of some minutes.",
    page="https://www.volcengine.com/docs/85621/1829013",
    inputs=(
        Picture(
            name="image",
            link_path="image_url",
            url_input="image_url",
            origin=Origin.OFFICIAL,
            tooltip="Who speaks. It is uploaded and sent as a link.",
        ),
        Audio(
            name="audio",
            link_path="audio_url",
            url_input="audio_url",
            origin=Origin.OFFICIAL,
            tooltip="The voice, shorter than 60 seconds; up to 15 are advised. It is uploaded and sent as a link.",
        ),
        MaskPicture(
            name="mask",
            fit_to="image",
            link_path="mask_url[]",
            origin=Origin.OFFICIAL,
            tooltip="Who of several speaks: a mask from OmniHuman 1.5 subjects. Not connected: the service decides.",
        ),
        shared.prompt(
            "How it is spoken and what else happens, at most 300 characters; may stay empty.",
            required=False,
            origin=Origin.OFFICIAL,
        ),
        Choice(
            name="output_resolution",
            default="1080p",
            options={f"{lines}p": {"output_resolution": lines} for lines in (1080, 720)},
            origin=Origin.OFFICIAL,
            tooltip="Height of the video.",
        ),
        shared.seed("video"),
        Switch(
            name="pe_fast_mode",
            default=False,
            advanced=True,
            origin=Origin.OFFICIAL,
            tooltip="Work on the prompt more quickly and less thoroughly.",
        ),
        shared.address("image_url", "image"),
        shared.address("audio_url", "audio"),
        shared.aigc_meta(),
    ),
    requires=(
        Require(("image", "image_url"), why="input_needed"),
        Require(("audio", "audio_url"), why="input_needed"),
    ),
    outputs=(Output.VIDEO,),
    modes={"task": TASK_ONLY},
    native_only=True,
    service_seconds=240.0,
    prices={"jimeng_realman_avatar_picture_omni_v15": videos.video_price(1.0, "2026-08")},
    aliases=("omnihuman", "talking head", "digital human", "avatar", "lip sync", "shuziren", "duikouxing"),
    example=Example(
        title="OmniHuman 1.5: a picture speaks",
        caption="A picture and the address of a sound. The sandbox fetches no address and moves the picture.",
        values={"audio_url": "https://example.com/voice.mp3", "seed": 1829},
        pictures={"image": "character"},
    ),
)

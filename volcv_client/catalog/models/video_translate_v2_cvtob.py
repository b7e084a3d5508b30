"""Video translation 2.0: current models, official page 85621/2189006; field names as clients send them."""

from __future__ import annotations

from .. import shared, videos
from ..spec import TASK, Choice, Example, Model, Origin, Output, Require, Video

LANGUAGES = (
    *("zh", "en", "ja", "ko", "fr", "de", "es", "pt", "ru", "ar", "hi", "id", "it", "nl", "tr", "pl", "sv", "fil"),
    *("ms", "ro", "uk", "el", "cs", "da", "fi", "bg", "hr", "sk", "ta"),
)


def language(name: str, default: str, tooltip: str) -> Choice:
    return Choice(
        name=name,
        default=default,
        options={code: {name: code} for code in LANGUAGES},
        origin=Origin.THIRD_PARTY,
        tooltip=tooltip,
    )


MODEL = Model(
    req_key="video_translate_v2_cvtob",
    title="Video translation 2.0",
    group="Video",
    summary="Translates the speech of a video, in the speaker's voice and with fitting lips. Runs as a task.",
    page="https://www.volcengine.com/docs/85621/2189006",
    inputs=(
        Video(
            name="video",
            link_path="video_url",
            url_input="video_url",
            origin=Origin.THIRD_PARTY,
            tooltip="One speaker who looks ahead, 5 to 180 seconds, 360p to 1080p. It is uploaded and sent as a link.",
        ),
        language("src_language", "zh", "Language that is spoken (ISO 639 code)."),
        language("target_language", "en", "Language to translate into (ISO 639 code)."),
        shared.address("video_url", "video"),
        shared.aigc_meta(),
    ),
    requires=(Require(("video", "video_url"), why="input_needed"),),
    outputs=(Output.VIDEO,),
    modes={"task": TASK},
    native_only=True,
    service_seconds=240.0,
    prices={"video_translate_v2_cvtob": videos.video_price(0.2, "")},
    aliases=("translate", "dubbing", "language", "shipin fanyi", "peiyin"),
    example=Example(
        title="Video translation 2.0: from Chinese into English",
        caption="The address of a video. The sandbox fetches no address and draws a short film.",
        values={"video_url": "https://example.com/speaker.mp4"},
    ),
)

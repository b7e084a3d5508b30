"""Lip sync, lite and basic: current models; field names as clients send them. The link lies in ``resp_data``."""

from __future__ import annotations

from .. import shared
from ..spec import (
    TASK_ONLY,
    Audio,
    Branch,
    BranchOption,
    Example,
    Model,
    Number,
    Origin,
    Output,
    Require,
    Switch,
    Video,
)


def switch(name: str, default: bool, tooltip: str) -> Switch:
    return Switch(name=name, default=default, origin=Origin.THIRD_PARTY, tooltip=tooltip)


SEPARATE_VOCAL = switch("separate_vocal", False, "Take the voice out of noise and music first.")

LITE = BranchOption(
    inputs=(
        SEPARATE_VOCAL,
        switch("align_audio", True, "Repeat the video when the sound is longer."),
        switch("align_audio_reverse", False, "Repeat it back and forth; needs align_audio."),
        Number(
            name="templ_start_seconds",
            default=0.0,
            origin=Origin.THIRD_PARTY,
            tooltip="Where in the video to begin, in seconds.",
        ),
    ),
    wire={"req_key": "realman_change_lips"},
)
BASIC = BranchOption(
    inputs=(SEPARATE_VOCAL, switch("open_scenedet", False, "Find cuts, and leave scenes without a speaker alone.")),
    wire={"req_key": "realman_change_lips_basic_chimera"},
)

MODEL = Model(
    name="realman_change_lips",
    req_key="realman_change_lips",
    title="Lip sync",
    group="Video",
    summary="Lets the speaker of a video say another sound. Runs as a task of some minutes.",
    page=shared.OVERVIEW,
    inputs=(
        Video(
            name="video",
            link_path="url",
            url_input="url",
            origin=Origin.THIRD_PARTY,
            tooltip="A video of one speaker. It is uploaded and sent as a link.",
        ),
        Audio(
            name="audio",
            link_path="pure_audio_url",
            url_input="pure_audio_url",
            origin=Origin.THIRD_PARTY,
            tooltip="What is said, up to 240 seconds. It is uploaded and sent as a link.",
        ),
        Branch(
            name="version",
            default="lite",
            origin=Origin.THIRD_PARTY,
            options={"lite": LITE, "basic": BASIC},
            tooltip="lite: one speaker who looks ahead. basic: also videos with cuts.",
        ),
        shared.address("url", "video"),
        shared.address("pure_audio_url", "audio"),
        shared.aigc_meta(),
    ),
    requires=(
        Require(("video", "url"), why="input_needed"),
        Require(("audio", "pure_audio_url"), why="input_needed"),
    ),
    outputs=(Output.VIDEO,),
    modes={"task": TASK_ONLY},
    links_at=("resp_data.url",),
    native_only=True,
    service_seconds=180.0,
    aliases=("lip sync", "lipsync", "dubbing", "mouth", "duikouxing", "gaikouxing", "kouxing"),
    example=Example(
        title="Lip sync: another voice for a video",
        caption="Addresses of a video and a sound. The sandbox fetches no address and draws a short film.",
        values={"url": "https://example.com/speaker.mp4", "pure_audio_url": "https://example.com/voice.mp3"},
    ),
)

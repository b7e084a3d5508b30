"""Jimeng video 3.0, 720p and 1080p: catalog section 6, official pages 85621/1792710 and 1792711 (current models)."""

from __future__ import annotations

from .. import shared, videos
from ..spec import (
    TASK,
    Branch,
    BranchOption,
    Choice,
    Condition,
    Example,
    Model,
    Origin,
    Output,
    Picture,
    Require,
)

TEXT, FIRST, FIRST_AND_LAST, CAMERA = "text", "first frame", "first and last frame", "camera move"
HD, FULL_HD = "720p", "1080p"
FRAMED: Condition = {"source": (FIRST, FIRST_AND_LAST, CAMERA)}
LAST_FRAMED: Condition = {"source": FIRST_AND_LAST}
CAMERA_MOVES = (
    "hitchcock_dolly_in",
    "hitchcock_dolly_out",
    "robo_arm",
    "dynamic_orbit",
    "central_orbit",
    "crane_push",
    "quick_pull_back",
    "counterclockwise_swivel",
    "clockwise_swivel",
    "handheld",
    "rapid_push_pull",
)
STRENGTHS = ("weak", "medium", "strong")

VARIANTS = {
    "jimeng_t2v_v30": {"source": TEXT, "resolution": HD},
    "jimeng_t2v_v30_1080p": {"source": TEXT, "resolution": FULL_HD},
    "jimeng_i2v_first_v30": {"source": FIRST, "resolution": HD},
    "jimeng_i2v_first_v30_1080": {"source": FIRST, "resolution": FULL_HD},
    "jimeng_i2v_first_tail_v30": {"source": FIRST_AND_LAST, "resolution": HD},
    "jimeng_i2v_first_tail_v30_1080": {"source": FIRST_AND_LAST, "resolution": FULL_HD},
    "jimeng_i2v_recamera_v30": {"source": CAMERA},
}
PRICES = {HD: videos.video_price(0.28), FULL_HD: videos.video_price(0.63)}

CAMERA_INPUTS = (
    Choice(
        name="template_id",
        default=CAMERA_MOVES[0],
        options={move: {"template_id": move} for move in CAMERA_MOVES},
        origin=Origin.OFFICIAL,
        tooltip="How the camera moves.",
    ),
    Choice(
        name="camera_strength",
        default="medium",
        options={strength: {"camera_strength": strength} for strength in STRENGTHS},
        origin=Origin.OFFICIAL,
        tooltip="How far the camera moves.",
    ),
)

MODEL = Model(
    name="jimeng_video_v30",
    req_key="jimeng_t2v_v30",
    variants=VARIANTS,
    title="Jimeng video 3.0",
    group="Video",
    summary="Makes a 720p or 1080p video from a text, from a first frame, between two frames, or with a camera move. "
    "Runs as a task of some minutes.",
    page="https://www.volcengine.com/docs/85621/1792710",
    inputs=(
        Picture(name="image", only_if=FRAMED, origin=Origin.OFFICIAL, tooltip="First frame of the video."),
        Picture(
            name="last_image",
            only_if=LAST_FRAMED,
            origin=Origin.OFFICIAL,
            tooltip="Last frame of the video, in the shape of the first one. Only with source 'first and last frame'.",
        ),
        shared.prompt(
            "What happens, in Chinese or English. Up to 400 characters are advised, 800 are the most.",
            origin=Origin.OFFICIAL,
        ),
        Branch(
            name="source",
            default=TEXT,
            origin=Origin.OFFICIAL,
            options={
                TEXT: BranchOption((videos.aspect_ratio({}),), {}),
                FIRST: BranchOption((), {}),
                FIRST_AND_LAST: BranchOption((), {}),
                CAMERA: BranchOption(CAMERA_INPUTS, {}),
            },
            tooltip="text: from the prompt alone. first frame: image begins to move. first and last frame: from image "
            "to last_image. camera move: the camera moves through image.",
        ),
        Choice(
            name="resolution",
            default=HD,
            options={HD: {}, FULL_HD: {}},
            origin=Origin.OFFICIAL,
            tooltip="720p is quicker and cheaper. A camera move is always 720p.",
        ),
        videos.frames(),
        shared.seed("video"),
        shared.aigc_meta(),
    ),
    requires=(
        Require(("image",), why="input_needed", only_if=FRAMED),
        Require(("last_image",), why="input_needed", only_if=LAST_FRAMED),
    ),
    outputs=(Output.VIDEO,),
    modes={"task": TASK},
    limits=videos.FIRST_FRAME,
    takes_links=True,
    native_only=True,
    service_seconds=90.0,
    prices={key: PRICES[choices.get("resolution", HD)] for key, choices in VARIANTS.items()},
    video_length=videos.VIDEO_LENGTH,
    aliases=("video", "text to video", "image to video", "first frame", "last frame", "camera", "i2v", "t2v"),
    example=Example(
        title="Jimeng video 3.0: from a first to a last frame",
        caption="Two pictures and a sentence. The sandbox fades from one to the other, H.264 as from the service.",
        values={
            "prompt": "Evening falls over the room, the lamps go on one by one",
            "source": FIRST_AND_LAST,
            "seed": 3011,
        },
        pictures={"image": "room", "last_image": "scene"},
    ),
)

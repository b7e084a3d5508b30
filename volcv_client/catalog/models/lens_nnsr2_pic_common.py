"""Super-resolution of photos: official page 6793/1354024 ("V3")."""

from __future__ import annotations

from .. import shared
from ..spec import Choice, Example, Model, Origin, Picture, PictureLimits

MODEL = Model(
    req_key="lens_nnsr2_pic_common",
    title="Super-resolution 2x",
    group="Restore & upscale",
    summary="Makes a picture twice as wide and high and redraws its fine detail.",
    page="https://www.volcengine.com/docs/6793/1354024",
    inputs=(
        Picture(
            name="image",
            required=True,
            origin=Origin.OFFICIAL,
            tooltip="The picture to enlarge, 256 to 1024 pixels a side. A larger one is reduced to that first.",
        ),
        Choice(
            name="model_quality",
            default="MQ",
            origin=Origin.OFFICIAL,
            options={quality: {"model_quality": quality} for quality in ("HQ", "MQ", "LQ")},
            tooltip="How good the given picture is. HQ: clean and sharp. MQ: in between, recommended. LQ: blurred, "
            "noisy or strongly compressed.",
        ),
        *shared.result_file(),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
    ),
    limits=PictureLimits(
        max_side=1024, max_base64=4_700_000, max_total_base64=4_700_000, origin=Origin.OFFICIAL, min_side=256
    ),
    native_only=True,
    repeatable=True,
    service_seconds=4.0,
    aliases=("upscale", "super resolution", "2x", "enlarge", "enhance", "chaofen", "fangda", "huazhi"),
    example=Example(
        title="Super-resolution: twice as wide and high",
        caption="1024 x 768 becomes 2048 x 1536; the picture is clean, so HQ.",
        values={"model_quality": "HQ"},
        pictures={"image": "room"},
    ),
)

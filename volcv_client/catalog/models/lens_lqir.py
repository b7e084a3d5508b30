"""Restoration of low-quality pictures: catalog section 6."""

from __future__ import annotations

from .. import shared
from ..spec import Choice, Example, Model, Number, Origin, Picture, Switch

BOUNDARIES = ("144p", "240p", "360p", "480p", "540p", "720p", "1080p", "2k")

MODEL = Model(
    req_key="lens_lqir",
    title="Restore a low-quality picture",
    group="Restore & upscale",
    summary="Sharpens, cleans and enlarges a blurred, noisy or small picture.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to restore."),
        Choice(
            name="resolution_boundary",
            default="720p",
            origin=Origin.OFFICIAL,
            options={label: {"resolution_boundary": label} for label in BOUNDARIES},
            tooltip="Smaller pictures are enlarged, larger ones only sharpened.",
        ),
        Switch(name="enable_hdr", default=False, origin=Origin.OFFICIAL, tooltip="Widen the range of light and dark."),
        Number(
            name="hdr_strength",
            default=1.0,
            high=1.0,
            only_if={"enable_hdr": True},
            origin=Origin.OFFICIAL,
            tooltip="Strength of the HDR effect; only with enable_hdr.",
        ),
        Switch(name="enable_wb", default=False, origin=Origin.OFFICIAL, tooltip="Correct the white balance."),
        *shared.result_file(),
        shared.return_url(False, Origin.OFFICIAL),
    ),
    native_only=True,
    repeatable=True,
    service_seconds=5.0,
    aliases=("restore", "enhance", "upscale", "deblur", "denoise", "old photo", "huazhi", "qingxihua", "xiufu"),
    example=Example(
        title="Restore: larger and clearer",
        caption="Smaller than 1080p, so it comes out twice as large; the range of light is widened.",
        values={
            "resolution_boundary": "1080p",
            "enable_hdr": True,
        },
        pictures={"image": "landscape"},
    ),
)

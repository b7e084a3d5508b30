"""Repair of old photos: action and fields of the official SDKs (Python, Java); no page of it was found."""

from __future__ import annotations

from .. import shared
from ..spec import Choice, Example, Mode, Model, Origin, Picture

MODEL = Model(
    req_key="lens_opr",
    title="Repair an old photo",
    group="Restore & upscale",
    summary="Cleans and sharpens an old photo and, if wanted, gives it colours.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The scan of the photo."),
        Choice(
            name="if_color",
            default="colours",
            origin=Origin.THIRD_PARTY,
            options={"colours": {"if_color": 1}, "as it is": {"if_color": 0}},
            tooltip="colours: a black and white photo gets colours. as it is: it stays black and white.",
        ),
    ),
    modes={"synchronous": Mode("ConvertPhotoV2")},
    native_only=True,
    repeatable=True,
    service_seconds=5.0,
    aliases=("old photo", "restore", "colorize", "colourise", "black and white", "lao zhaopian", "xiufu", "shangse"),
    example=Example(
        title="Old photo: repaired and in colour",
        caption="A black and white picture goes in; it comes out cleaned, sharper and with colours.",
        values={"if_color": "colours"},
        pictures={"image": "light"},
    ),
)

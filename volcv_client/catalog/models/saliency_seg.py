"""Cut-out of the salient subject: catalog section 6."""

from __future__ import annotations

from .. import shared
from ..spec import Branch, BranchOption, Choice, Example, Integer, Json, Model, Origin, Output, Picture

TRANSPARENT: list[Json] = [-1, -1, -1]


def colour(place: int, name: str) -> Integer:
    return Integer(
        name=name,
        default=255,
        high=255,
        wire=(f"rgb[{place}]",),
        origin=Origin.OFFICIAL,
        tooltip=f"{name.capitalize()} of the flat colour, 0 to 255.",
    )


MODEL = Model(
    req_key="saliency_seg",
    title="Cut out the subject",
    group="Segment",
    summary="Finds what a picture is about and cuts it out. The mask is white where the subject is.",
    page="https://www.volcengine.com/docs/6793/1330693",
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture with the subject."),
        # The service's own default is 0, cropped. Full size (3) keeps picture and mask aligned with the source for the
        # nodes that follow. 4, full size plus a mask, is left out: 3's opacity is that mask already.
        Branch(
            name="only_mask",
            default="full size",
            origin=Origin.OFFICIAL,
            options={
                "full size": BranchOption(inputs=(), wire={"only_mask": 3, "rgb": TRANSPARENT}),
                "cropped": BranchOption(inputs=(), wire={"only_mask": 0, "rgb": TRANSPARENT}),
                "cropped on a flat colour": BranchOption(
                    inputs=(colour(0, "red"), colour(1, "green"), colour(2, "blue")), wire={"only_mask": 2}
                ),
                "mask only": BranchOption(inputs=(), wire={"only_mask": 1}),
            },
            tooltip="full size: picture and mask as large as the source. cropped: just the subject. cropped on a flat "
            "colour: just the subject, on a background of one colour. mask only: both outputs hold the mask, as large "
            "as the source.",
        ),
        Choice(
            name="refine_mask",
            default="none",
            origin=Origin.OFFICIAL,
            options={"none": {"refine_mask": 0}, "light": {"refine_mask": 1}, "matting": {"refine_mask": 2}},
            tooltip="Refines the edge; matting is best for hair and fur and takes longest.",
        ),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
    ),
    outputs=(Output.IMAGES, Output.MASK),
    native_only=True,
    repeatable=True,
    service_seconds=2.0,
    aliases=("cutout", "background removal", "remove background", "rembg", "segment", "mask", "koutu", "fenge"),
    example=Example(
        title="Cut out the subject: picture and mask",
        caption="No settings needed: what the picture is about stays, the ground becomes transparent.",
        values={
            "only_mask": "cropped",
            "refine_mask": "matting",
        },
        pictures={"image": "product"},
    ),
)

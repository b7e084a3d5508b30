"""Face fusion 3.6: official SDK samples (PHP, Go, Java) and clients; no page of it was found.

The samples send links. Inline pictures are seen at clients, so they are tried first, and links where they are refused.
``merge_infos``, which assigns faces to places by number, is a list of objects: Any model sends it.
"""

from __future__ import annotations

from .. import shared
from ..spec import Choice, Example, Model, Origin, Picture

TENTHS = [f"{tenth / 10:g}" for tenth in range(10, -1, -1)]
"""The service takes ``source_similarity`` as a text."""


def face(number: int) -> Picture:
    return Picture(
        name=f"face_{number}",
        required=number == 1,
        origin=Origin.OFFICIAL,
        tooltip=f"Photo with face {number} that goes into the template."
        + ("" if number == 1 else " Not connected: the template gets fewer faces."),
    )


MODEL = Model(
    req_key="face_swap3_6",
    title="Face fusion 3.6",
    group="Portrait & character",
    summary="Puts one to three faces into a template picture, in its light and pose.",
    page=shared.OVERVIEW,
    inputs=(
        *map(face, range(1, 4)),
        Picture(
            name="template",
            required=True,
            origin=Origin.OFFICIAL,
            tooltip="The picture that gets the faces; it is sent last, as the service wants it.",
        ),
        Choice(
            name="face_type",
            default="by size",
            origin=Origin.THIRD_PARTY,
            options={
                "by size": {"face_type": "area"},
                "left to right": {"face_type": "l2r"},
                "top to bottom": {"face_type": "t2b"},
            },
            tooltip="How the faces in a picture are numbered. by size: the largest first. left to right or top to "
            "bottom: by their place.",
        ),
        Choice(
            name="source_similarity",
            default="1",
            origin=Origin.THIRD_PARTY,
            options={tenth: {"source_similarity": tenth} for tenth in TENTHS},
            tooltip="How much the result looks like the given faces: 1 most, 0 least.",
        ),
        shared.return_url(False, Origin.OFFICIAL),
        shared.logo_info({}),
    ),
    takes_links=True,
    native_only=True,
    repeatable=True,
    service_seconds=4.0,
    aliases=("face swap", "face fusion", "portrait", "template", "huanlian", "renxiang ronghe", "renlian ronghe"),
    example=Example(
        title="Face fusion: a face in another picture",
        caption="The real service needs photos of people; the robot stands in for a face in the sandbox.",
        values={"source_similarity": "0.9"},
        pictures={"face_1": "character", "template": "room"},
    ),
)

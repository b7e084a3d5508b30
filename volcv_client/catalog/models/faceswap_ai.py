"""AI face swap: action, fields and values of the official SDK samples (Python, Go, Java); no page of it was found.

The samples send links. Inline pictures are seen at clients, so they are tried first, and links where they are refused.
"""

from __future__ import annotations

from .. import shared
from ..spec import Advice, Choice, Example, Mode, Model, Number, Origin, Picture, Switch

MODEL = Model(
    req_key="faceswap_ai",
    title="AI face swap",
    group="Portrait & character",
    summary="Puts the face of one photo into a second picture and enhances it.",
    page=shared.OVERVIEW,
    inputs=(
        Picture(name="face", required=True, origin=Origin.OFFICIAL, tooltip="Photo of the face."),
        Picture(name="template", required=True, origin=Origin.OFFICIAL, tooltip="The picture that gets the face."),
        Number(
            name="gpen",
            default=0.9,
            advice=Advice(0, 1),
            origin=Origin.OFFICIAL,
            tooltip="Enhancement of the face; higher is sharper and smoother.",
        ),
        Number(
            name="skin",
            default=0.1,
            advice=Advice(0, 1),
            origin=Origin.OFFICIAL,
            tooltip="Smoothing of the skin; the official samples have 0.1 and 0.9.",
        ),
        Choice(
            name="tou_repair",
            default="on",
            origin=Origin.THIRD_PARTY,
            advanced=True,
            options={"on": {"tou_repair": 1}, "off": {"tou_repair": 0}},
            tooltip="Repair of the head around the face. on: as in the official samples. off: without it.",
        ),
        Switch(
            name="do_risk",
            default=False,
            on_page=False,
            origin=Origin.THIRD_PARTY,
            advanced=True,
            tooltip="The service's own risk check of the pictures; off in the official samples.",
        ),
        shared.return_url(False, Origin.OFFICIAL),
    ),
    modes={"synchronous": Mode("FaceswapAI")},
    takes_links=True,
    native_only=True,
    repeatable=True,
    service_seconds=5.0,
    aliases=("face swap", "portrait", "template", "huanlian", "ai huanlian", "renlian tihuan"),
    example=Example(
        title="AI face swap: one face, one picture",
        caption="The real service needs photos of people; the robot stands in for a face in the sandbox.",
        values={"gpen": 0.8, "skin": 0.3},
        pictures={"face": "character", "template": "scene"},
    ),
)

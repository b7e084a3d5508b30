"""OmniHuman 1.5, subject detection: current models, official page 85621/1829011."""

from __future__ import annotations

from .. import shared
from ..spec import Example, Model, Origin, Output, Picture, Require

MODEL = Model(
    req_key="jimeng_realman_avatar_object_detection",
    title="OmniHuman 1.5 subjects",
    group="Video",
    summary="Finds who can speak in a picture, at most five, and returns a mask of each.",
    page="https://www.volcengine.com/docs/85621/1829011",
    inputs=(
        Picture(
            name="image",
            link_path="image_url",
            url_input="image_url",
            origin=Origin.OFFICIAL,
            tooltip="The picture with people, animals or figures. It is uploaded and sent as a link.",
        ),
        shared.address("image_url", "image"),
    ),
    requires=(Require(("image", "image_url"), why="input_needed"),),
    outputs=(Output.IMAGES, Output.MASK),
    links_at=("resp_data.object_detection_result.mask.url",),
    repeatable=True,
    native_only=True,
    aliases=("omnihuman", "digital human", "avatar", "mask", "shuziren", "zhuti jiance"),
    example=Example(
        title="OmniHuman 1.5: who can speak",
        caption="One mask per subject; feed one into OmniHuman 1.5 talking picture to choose the speaker.",
        pictures={"image": "character"},
    ),
)

"""Segmentation of all entities: official page 6793/1317296. It names an action of its own; a client sends CVProcess.

``refine_mask``: what was read of the page says only what 0 is; two clients send 1.
"""

from __future__ import annotations

from ..spec import Choice, Example, Integer, Model, Origin, Output, Picture, PictureLimits

# Of the page's five forms the only one whose pictures are masks and nothing else. 0: an index map. 2 and 3: the source
# before the index map or the masks. 4: foreground and mask of the largest entity.
ALL_ENTITIES = 1

MODEL = Model(
    req_key="entity_seg",
    title="Segment all entities",
    group="Segment",
    summary="Finds the things in a picture and gives one mask for each of them.",
    page="https://www.volcengine.com/docs/6793/1317296",
    fixed={"return_format": ALL_ENTITIES},
    inputs=(
        Picture(name="image", required=True, origin=Origin.OFFICIAL, tooltip="The picture to take apart."),
        Integer(
            name="max_entity",
            default=20,
            low=1,
            high=100,
            origin=Origin.OFFICIAL,
            tooltip="The most masks that come out; fewer if the picture holds fewer things.",
        ),
        Choice(
            name="refine_mask",
            default="none",
            origin=Origin.THIRD_PARTY,
            options={"none": {"refine_mask": 0}, "refined": {"refine_mask": 1}},
            tooltip="none: edges as they are found. refined: better edges, takes longer.",
        ),
    ),
    outputs=(Output.IMAGES, Output.MASK),
    limits=PictureLimits(
        max_side=4096, max_base64=4_700_000, max_total_base64=4_700_000, origin=Origin.OFFICIAL, min_side=128
    ),
    native_only=True,
    repeatable=True,
    service_seconds=3.0,
    aliases=("segment", "segment anything", "masks", "entities", "layers", "shiti fenge", "zhineng fenge", "koutu"),
    example=Example(
        title="Segment all entities: a mask for each thing",
        caption="At most four masks here; both outputs hold them as a batch.",
        values={"max_entity": 4, "refine_mask": "refined"},
        pictures={"image": "room"},
    ),
)

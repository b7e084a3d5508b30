"""The example workflows as API graphs: the source that the files in ``example_workflows/`` are made from."""

from __future__ import annotations

from collections.abc import Iterator

from tests.generate.workflows.change import (
    CANVAS,
    CONTROLNET,
    EDIT,
    ERASE,
    ERASE_BY_PROMPT,
    REPAINT,
    RESTORE,
    SEEDEDIT,
    SIDES,
    STYLE,
    STYLE_REFERENCE,
    TO_4K,
)
from tests.generate.workflows.create import (
    ANY,
    COMPARE,
    JIMENG,
    PICTURE_TO_VIDEO,
    RECALL,
    TALKING_PICTURE,
    TEXT_TO_IMAGE,
    VARIATIONS,
    VIDEO,
)
from tests.generate.workflows.default import of_model
from tests.generate.workflows.parts import Example, Graph, child, node
from tests.generate.workflows.subjects import BANNER, CHARACTER, CUT_OUT, PORTRAITS, PRODUCT, TRY_ON
from volcv_client.catalog import all_models

WRITTEN = (
    *(TEXT_TO_IMAGE, EDIT, STYLE, CHARACTER, RESTORE),
    *(VARIATIONS, RECALL, COMPARE, SIDES, CANVAS),
    *(REPAINT, ERASE, ERASE_BY_PROMPT, PORTRAITS, SEEDEDIT, STYLE_REFERENCE, CONTROLNET),
    *(PRODUCT, BANNER, TRY_ON, CUT_OUT, TO_4K, JIMENG),
    *(PICTURE_TO_VIDEO, VIDEO, TALKING_PICTURE, ANY),
)
"""The simplest first."""


def defaults() -> Iterator[Example]:
    """A workflow for each model that no other example uses, behind the written ones."""
    used = {one["class_type"] for written in WRITTEN for one in written.graph.values()}
    return (of_model(model) for model in all_models() if model.node_id not in used)


EXAMPLES = (*WRITTEN, *defaults())


def example(title: str) -> Example:
    """The example of that title; KeyError if there is none."""
    return {one.title: one for one in EXAMPLES}[title]


__all__ = ["EXAMPLES", "Example", "Graph", "child", "example", "node"]

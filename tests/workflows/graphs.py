"""The example workflows as API graphs: the source that the files in ``example_workflows/`` are made from."""

from __future__ import annotations

from tests.workflows.change import CONTROLNET, EDIT, INPAINT, OUTPAINTING, RESTORE, STYLE
from tests.workflows.create import ANY, COMPARE, JIMENG, RECALL, TEXT_TO_IMAGE, VARIATIONS, VIDEO
from tests.workflows.parts import Example, Graph, child, node
from tests.workflows.subjects import BANNER, CHARACTER, CUT_OUT, PORTRAITS, PRODUCT

EXAMPLES = (
    *(TEXT_TO_IMAGE, VARIATIONS, RECALL, COMPARE, JIMENG),
    *(EDIT, INPAINT, OUTPAINTING, CONTROLNET, STYLE, RESTORE),
    *(CHARACTER, PORTRAITS, CUT_OUT, PRODUCT, BANNER),
    *(VIDEO, ANY),
)


def example(title: str) -> Example:
    """The example of that title; KeyError if there is none."""
    return {one.title: one for one in EXAMPLES}[title]


__all__ = ["EXAMPLES", "Example", "Graph", "child", "example", "node"]

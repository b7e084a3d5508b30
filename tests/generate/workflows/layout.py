"""Where the nodes of an example stand: the note at the left, then columns from left to right.

A page of 1440 x 900 pixels shows 1700 x 950 units readably, and the frontend always fits an example to the page, so
:data:`MOST` is the room of all examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MOST = 1700, 950
"""Width and height of all nodes with their titles, in canvas units."""
TITLE = 30
COLUMN_GAP, ROW_GAP = 50, 20
NOTE_WIDTH, NOTE_LINE, NOTE_GAP, NOTE_CHARACTERS = 310, 15, 5, 46
SOCKET_ROW, WIDGET_ROW, TEXT_ROW, SMALL_TEXT_ROW, FOOT = 20, 24, 96, 58, 16
WIDTHS = {
    "Volcv_example_picture": 230,
    "Volcv_control": 260,
    "InvertMask": 230,
    "ImagePadForOutpaint": 260,
    "Volcv_watermark": 300,
    "Volcv_recall": 300,
    "PreviewAny": 440,
    "PrimitiveStringMultiline": 260,
    "SolidMask": 230,
    "MaskComposite": 230,
    "ImageScale": 210,
    "ImageBlur": 210,
    "SaveImage": 340,
    "SaveVideo": 440,
    "PreviewImage": 320,
}
MODEL_WIDTH = 330
PREVIEW_HEIGHT = {
    "Volcv_example_picture": 240,
    "SaveImage": 300,
    "SaveVideo": 340,
    "PreviewImage": 230,
    "PreviewAny": 180,
}
ROOMIER_ROW = 10
"""What a row of Nodes 2.0 is higher; models have it to spare, because Nodes 2.0 hides rarely used inputs."""
GROWTH, LEAST_GROWTH, STATUS = 310, 230, 130
"""What a model's node gains in height by its status line and preview when it runs, or by its status line alone."""
SIDE_STEPS, LOWERED_BY = {"InvertMask", "Volcv_control", "MaskComposite", "ImageScale"}, 140
"""Side steps stand lower, so that the main link runs above them."""
BAR_WIDTH, BAR_ROOM = 260, SOCKET_ROW + FOOT + PREVIEW_HEIGHT["PreviewImage"]
"""A collapsed node is as wide as its title and stands beside the preview that it feeds."""


@dataclass(frozen=True)
class Box:
    """One node before it has a place.

    ``sources``: the nodes that feed it. ``sockets``, ``outputs``: how many it shows. ``rows``: one-line widgets;
    ``texts``: text areas, ``small_texts``: those that are rarely used. ``pictures``: it makes some, and shows one.
    """

    class_type: str
    sources: tuple[str, ...]
    sockets: int
    outputs: int
    rows: int
    texts: int
    small_texts: int
    pictures: bool
    collapsed: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height without the title. The classic canvas shows advanced widgets too, so they count."""
        row = WIDGET_ROW + (ROOMIER_ROW if self.class_type in WIDTHS else 0)
        height = max(self.sockets, self.outputs, 1) * SOCKET_ROW + self.rows * row + FOOT
        height += self.texts * TEXT_ROW + self.small_texts * SMALL_TEXT_ROW
        height += PREVIEW_HEIGHT.get(self.class_type, 0)
        # The largest model just fits when its text areas are as small as the frontend allows.
        return WIDTHS.get(self.class_type, MODEL_WIDTH), min(height, MOST[1] - TITLE)

    @property
    def growth(self) -> int:
        """Height to keep free below. Nodes 2.0 hides the rarely used text areas, so it has their room to grow into."""
        if self.class_type in WIDTHS or self.collapsed:
            return 0
        if not self.pictures:
            return STATUS
        return max(LEAST_GROWTH, GROWTH - self.small_texts * SMALL_TEXT_ROW)


@dataclass(frozen=True)
class Placed:
    """A rectangle in canvas units. A node's title bar stands above its ``y``."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """``order``: node ids in the order in which they can run."""

    nodes: dict[str, Placed]
    note: Placed
    order: list[str]


def depths(sources: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many steps each node is away from the first."""
    found: dict[str, int] = {}

    def depth(key: str) -> int:
        if key not in found:
            found[key] = max((depth(source) + 1 for source in sources[key]), default=0)
        return found[key]

    for key in sources:
        depth(key)
    return found


def columns_of(boxes: Mapping[str, Box]) -> list[list[str]]:
    """The nodes by column: one step further to the right."""
    level = depths({key: box.sources for key, box in boxes.items()})
    return [[key for key in boxes if level[key] == column] for column in range(max(level.values()) + 1)]


def note_height(text: str) -> int:
    """Roughly how high a note of the usual width must be; a Chinese character is two wide."""
    lines = [sum(2 if ord(letter) > 0x2E80 else 1 for letter in line) for line in text.splitlines() if line]
    return 50 + NOTE_LINE * sum(1 + length // NOTE_CHARACTERS for length in lines) + NOTE_GAP * len(lines)


def place(
    boxes: Mapping[str, Box],
    columns: Sequence[Sequence[str]],
    sizes: Mapping[str, tuple[int, int]],
    note: str,
) -> Layout:
    """Place the note and the columns; without columns they follow from the links."""
    nodes: dict[str, Placed] = {}
    x = NOTE_WIDTH + COLUMN_GAP // 2
    for column in columns or columns_of(boxes):
        y, width = TITLE + (LOWERED_BY if boxes[column[0]].class_type in SIDE_STEPS else 0), 0
        for key in column:
            wide, tall = sizes.get(key, boxes[key].size)
            nodes[key] = Placed(x, y, wide, tall)
            y += (BAR_ROOM if boxes[key].collapsed else tall) + boxes[key].growth + ROW_GAP + TITLE
            width = max(width, BAR_WIDTH if boxes[key].collapsed else wide)
        x += width + COLUMN_GAP
    steps = depths({key: box.sources for key, box in boxes.items()})
    order = sorted(boxes, key=lambda key: (steps[key], int(key)))
    return Layout(nodes, Placed(0, TITLE, NOTE_WIDTH, note_height(note)), order)

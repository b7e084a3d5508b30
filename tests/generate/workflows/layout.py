"""Where the nodes of an example stand: columns by depth inside each task, tasks by depth beside each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

TITLE = 30
COLUMN_GAP, ROW_GAP = 50, 44
GROUP_GAP, PAD, HEADER = 40, 24, 48
NOTE_WIDTH, NOTE_LINE, NOTE_GAP, NOTE_CHARACTERS = 400, 15, 5, 62
SOCKET_ROW, WIDGET_ROW, TEXT_ROW, SMALL_TEXT_ROW, FOOT = 20, 24, 96, 58, 16
WIDTHS = {
    "Volcv_example_picture": 270,
    "Volcv_control": 290,
    "InvertMask": 270,
    "ImagePadForOutpaint": 290,
    "Volcv_watermark": 300,
    "Volcv_recall": 300,
    "PreviewAny": 560,
    "PrimitiveStringMultiline": 360,
    "SolidMask": 270,
    "MaskComposite": 270,
    "ImageScale": 270,
    "ImageBlur": 270,
    "SaveImage": 360,
    "SaveVideo": 360,
    "PreviewImage": 320,
}
MODEL_WIDTH = 360
PREVIEW_HEIGHT = {
    "Volcv_example_picture": 262,
    "SaveImage": 340,
    "SaveVideo": 340,
    "PreviewImage": 330,
    "PreviewAny": 180,
}
GROWTH, LEAST_GROWTH, STATUS = 310, 230, 130
"""What a model's node gains in height by its status line and preview when it runs, or by its status line alone."""
LOWERED, LOWERED_BY = {"InvertMask", "Volcv_control"}, 110
"""Side steps stand lower, so that the main link runs above them."""
MOST_ROWS = 2
"""Tasks of one depth that stand below each other; the next ones stand to the right of them."""


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

    @property
    def size(self) -> tuple[int, int]:
        """Width and height without the title. The classic canvas shows advanced widgets too, so they count."""
        height = max(self.sockets, self.outputs, 1) * SOCKET_ROW + self.rows * WIDGET_ROW + FOOT
        height += self.texts * TEXT_ROW + self.small_texts * SMALL_TEXT_ROW
        return WIDTHS.get(self.class_type, MODEL_WIDTH), height + PREVIEW_HEIGHT.get(self.class_type, 0)

    @property
    def growth(self) -> int:
        """Height to keep free below. Nodes 2.0 hides the rarely used text areas, so it has their room to grow into."""
        if self.class_type in WIDTHS:
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

    def moved(self, right: int, down: int) -> Placed:
        return Placed(self.x + right, self.y + down, self.width, self.height)


@dataclass(frozen=True)
class Layout:
    """``order``: node ids in the order in which they can run."""

    nodes: dict[str, Placed]
    groups: dict[str, Placed]
    note: Placed
    order: list[str]


def depths(sources: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many steps each item is away from the first; sources outside the mapping do not count."""
    found: dict[str, int] = {}

    def depth(key: str) -> int:
        if key not in found:
            found[key] = max((depth(source) + 1 for source in sources[key] if source in sources), default=0)
        return found[key]

    for key in sources:
        depth(key)
    return found


def columns_of(boxes: Mapping[str, Box], members: Sequence[str]) -> list[list[str]]:
    """The members by column."""
    level = depths({key: boxes[key].sources for key in members})
    return [[key for key in members if level[key] == column] for column in range(max(level.values()) + 1)]


def place_task(
    boxes: Mapping[str, Box], members: Sequence[str], sizes: Mapping[str, tuple[int, int]]
) -> tuple[dict[str, Placed], tuple[int, int]]:
    """Places relative to the inner corner of the task, and its inner size."""
    placed: dict[str, Placed] = {}
    x = height = 0
    for column in columns_of(boxes, members):
        y, width = (LOWERED_BY if boxes[column[0]].class_type in LOWERED else 0), 0
        for key in column:
            wide, tall = sizes.get(key, boxes[key].size)
            placed[key] = Placed(x, y + TITLE, wide, tall)
            y += TITLE + tall + boxes[key].growth + ROW_GAP
            width = max(width, wide)
        height = max(height, y - ROW_GAP)
        x += width + COLUMN_GAP
    return placed, (x - COLUMN_GAP, height)


def stacks(level: Mapping[str, int]) -> Iterator[list[str]]:
    """The tasks by depth, at most :data:`MOST_ROWS` below each other."""
    for depth in range(max(level.values()) + 1):
        titles = [title for title in level if level[title] == depth]
        yield from (titles[start : start + MOST_ROWS] for start in range(0, len(titles), MOST_ROWS))


def note_height(text: str) -> int:
    """Roughly how high a note of the usual width must be; a Chinese character is two wide."""
    lines = [sum(2 if ord(letter) > 0x2E80 else 1 for letter in line) for line in text.splitlines() if line]
    return 50 + NOTE_LINE * sum(1 + length // NOTE_CHARACTERS for length in lines) + NOTE_GAP * len(lines)


def place(
    boxes: Mapping[str, Box], tasks: Mapping[str, Sequence[str]], sizes: Mapping[str, tuple[int, int]], note: str
) -> Layout:
    """Place everything: the note at the left, then the tasks, each in a group of its own."""
    inner = {title: place_task(boxes, members, sizes) for title, members in tasks.items()}
    owner = {key: title for title, members in tasks.items() for key in members}
    feeds = {
        title: list(dict.fromkeys(owner[s] for key in members for s in boxes[key].sources if owner[s] != title))
        for title, members in tasks.items()
    }
    level = depths(feeds)
    nodes: dict[str, Placed] = {}
    groups: dict[str, Placed] = {}
    x = NOTE_WIDTH + GROUP_GAP
    for stack in stacks(level):
        y = width = 0
        for title in stack:
            places, (wide, tall) = inner[title]
            groups[title] = Placed(x, y, wide + 2 * PAD, tall + HEADER + PAD)
            nodes |= {key: one.moved(x + PAD, y + HEADER) for key, one in places.items()}
            y += tall + HEADER + PAD + GROUP_GAP
            width = max(width, wide + 2 * PAD)
        x += width + GROUP_GAP
    steps = depths({key: box.sources for key, box in boxes.items()})
    order = sorted(boxes, key=lambda key: (steps[key], int(key)))
    return Layout(nodes, groups, Placed(0, TITLE, NOTE_WIDTH, note_height(note)), order)

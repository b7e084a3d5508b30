"""The thumbnails of ``example_workflows/``: each workflow runs in ComfyUI, in the sandbox."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from tests.host.client import Client, PromptRun

from .workflows import EXAMPLES, Example
from .workflows.convert import complete
from .workflows.files import path_of as workflow_path
from .workflows.parts import with_frames

THUMBNAIL_WIDTH, THUMBNAIL_BYTES = 352, 8_200


def path_of(example: Example) -> Path:
    return workflow_path(example).with_suffix(".jpg")


def missing() -> list[Path]:
    return [path for path in map(path_of, EXAMPLES) if not path.exists()]


def shown(client: Client, run: PromptRun, keys: Sequence[str]) -> list[Image.Image]:
    """What the thumbnail shows: one picture of each result; of a single result four, if it has four or a video's."""
    found = [client.pictures(run, key) for key in keys]
    if len(found) > 1:
        return [pictures[0] for pictures in found]
    (pictures,) = found
    if len(pictures) < 4:
        return pictures[:1]
    return [pictures[round(part * (len(pictures) - 1) / 3)] for part in range(4)]


def tiled(pictures: Sequence[Image.Image]) -> Image.Image:
    """The pictures in rows of equal length, cut to the size of the first one."""
    number, (width, height) = len(pictures), pictures[0].size
    columns = next(count for count in range(math.ceil(math.sqrt(number)), number + 1) if number % count == 0)
    sheet = Image.new("RGB", (columns * width, number // columns * height))
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        sheet.paste(ImageOps.fit(picture, (width, height)), (column * width, row * height))
    return sheet


def thumbnail(picture: Image.Image) -> bytes:
    """A JPEG of ``THUMBNAIL_WIDTH`` pixels, below ``THUMBNAIL_BYTES`` as long as a quality of 16 allows it."""
    height = round(picture.height * THUMBNAIL_WIDTH / picture.width)
    small = picture.convert("RGB").resize((THUMBNAIL_WIDTH, height), Image.Resampling.LANCZOS)
    for quality in range(88, 10, -6):
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() < THUMBNAIL_BYTES:
            break
    return buffer.getvalue()


def picture_of(client: Client, example: Example, object_info: Mapping[str, Any]) -> bytes:
    """The thumbnail of an example, which is run. RuntimeError if it fails."""
    graph, keys = with_frames(example)
    run = client.run(complete(graph, object_info))
    if run.end != "execution_success":
        raise RuntimeError(f"{example.title}: {run.error.get('exception_message', run.end)}")
    return thumbnail(tiled(shown(client, run, keys)))


def take(client: Client, object_info: Mapping[str, Any], paths: Sequence[Path]) -> None:
    """Write these thumbnails, after the examples whose results they need."""
    wanted = [one for one in EXAMPLES if path_of(one) in paths]
    needed = {one.after for one in wanted}
    for example in EXAMPLES:
        if example in wanted or example.title in needed:
            made = picture_of(client, example, object_info)
            if example in wanted:
                path_of(example).write_bytes(made)

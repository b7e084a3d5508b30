"""Writes ``example_workflows/``: ``python -m tests.workflows.generate``.

Starts a ComfyUI with the pack and a sandbox, turns every example graph into a UI workflow, runs it, and makes
the thumbnail from what was saved.
"""

from __future__ import annotations

import io
import json
import math
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from tests.host.client import Client, PromptRun
from tests.host.server import ROOT, ComfyServer, find_comfy
from tests.workflows.convert import complete, to_workflow
from tests.workflows.graphs import EXAMPLES, Example
from tests.workflows.parts import with_frames

FOLDER = ROOT / "example_workflows"
NOTES = Path(__file__).with_name("notes.json")
THUMBNAIL_WIDTH, THUMBNAIL_BYTES = 512, 60_000


def pack_version() -> str:
    """The version in pyproject.toml."""
    found = re.search(r'^version = "(.+?)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError("pyproject.toml has no version")
    return found[1]


def workflow_text(example: Example, object_info: Mapping[str, Any]) -> str:
    """Content of the example's file."""
    notes = json.loads(NOTES.read_text(encoding="utf-8"))
    workflow = to_workflow(example, object_info, notes, pack_version())
    return json.dumps(workflow, ensure_ascii=False, indent=1) + "\n"


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
    """A JPEG of 512 pixels width, below 60 KB."""
    height = round(picture.height * THUMBNAIL_WIDTH / picture.width)
    small = picture.convert("RGB").resize((THUMBNAIL_WIDTH, height), Image.Resampling.LANCZOS)
    for quality in range(88, 20, -6):
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() < THUMBNAIL_BYTES:
            break
    return buffer.getvalue()


def write(client: Client, example: Example, object_info: Mapping[str, Any]) -> None:
    (FOLDER / f"{example.title}.json").write_text(workflow_text(example, object_info), encoding="utf-8")
    graph, keys = with_frames(example)
    run = client.run(complete(graph, object_info))
    if run.end != "execution_success":
        raise RuntimeError(f"{example.title}: {run.error.get('exception_message', run.end)}")
    (FOLDER / f"{example.title}.jpg").write_bytes(thumbnail(tiled(shown(client, run, keys))))


def main() -> int:
    comfy = find_comfy()
    if comfy is None:
        print("ComfyUI not found: set COMFYUI_PATH to its folder", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    wanted = {f"{one.title}{ending}" for one in EXAMPLES for ending in (".json", ".jpg")}
    for path in FOLDER.iterdir():
        if path.name not in wanted:
            path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"VOLCV_PROFILE": "sandbox"}
        with ComfyServer(comfy, Path(folder) / "comfy", settings) as server, Client(server.url) as client:
            object_info = client.object_info()
            for example in EXAMPLES:
                write(client, example, object_info)
                print(example.title, flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

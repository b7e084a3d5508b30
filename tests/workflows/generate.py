"""Writes ``example_workflows/``: ``python -m tests.workflows.generate``.

Starts a ComfyUI with the pack and a sandbox, turns every example graph into a UI workflow, runs it, and makes
the thumbnail from what was saved.
"""

from __future__ import annotations

import io
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from tests.host.client import Client
from tests.host.server import ROOT, ComfyServer, find_comfy
from tests.workflows.convert import complete, to_workflow
from tests.workflows.graphs import EXAMPLES, Example

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


def tiled(pictures: Sequence[Image.Image]) -> Image.Image:
    """Four pictures as two by two; of any other number the first one."""
    first = pictures[0]
    if len(pictures) != 4:
        return first
    sheet = Image.new("RGB", (2 * first.width, 2 * first.height))
    for number, picture in enumerate(pictures):
        sheet.paste(picture, (number % 2 * first.width, number // 2 * first.height))
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
    run = client.run(complete(example.graph, object_info))
    if run.end != "execution_success":
        raise RuntimeError(f"{example.title}: {run.error.get('exception_message', run.end)}")
    (FOLDER / f"{example.title}.jpg").write_bytes(thumbnail(tiled(client.pictures(run, example.result))))


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

"""Writes the picture for the README: ``python -m tests.host.screenshot``.

The product workflow in a real ComfyUI, after it ran in the sandbox.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tests.host.browser import chromium, find_chromium, frame, frontend, load, press_run
from tests.host.server import ROOT, ComfyServer, find_comfy
from tests.workflows.generate import FOLDER

SCALE, WIDTH = 2.0, 1600
BYTES = 400_000
CLEAN = ".p-toast { display: none !important; }"


def compact(shot: bytes) -> bytes:
    """The screenshot as a PNG below 400 KB: smaller first, and with fewer colours only if that is not enough."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    small = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
    for candidate in (small, small.quantize(256, dither=Image.Dither.FLOYDSTEINBERG)):
        buffer = io.BytesIO()
        candidate.save(buffer, "PNG", optimize=True)
        if buffer.tell() < BYTES:
            break
    return buffer.getvalue()


def take(title: str, node: int, size: tuple[int, int], *, vue_nodes: bool) -> bytes:
    """PNG of the workflow's tasks, filling the canvas, after the node has shown a picture of that size."""
    workflow = json.loads((FOLDER / f"{title}.json").read_text(encoding="utf-8"))
    comfy, executable = find_comfy(), find_chromium()
    if comfy is None or executable is None:
        raise FileNotFoundError("ComfyUI" if comfy is None else "Chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        ComfyServer(comfy, Path(folder) / "comfy", {"VOLCV_PROFILE": "sandbox"}) as server,
        chromium(executable) as browser,
        frontend(browser, server.url, vue_nodes=vue_nodes, scale=SCALE) as page,
    ):
        found = load(page, workflow, title)
        press_run(page, node, size)
        page.wait_for_timeout(6000)  # until the messages about the run have gone
        page.add_style_tag(content=CLEAN)
        boxes = [*found["groups"].values(), *found["nodes"].values()]
        left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
        right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
        frame(page, [left, top, right - left, bottom - top])
        return page.screenshot()


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.host.screenshot", description="Take the README's screenshot.")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "screenshot.png")
    parser.add_argument("--classic", action="store_true", help="the classic canvas instead of Nodes 2.0")
    options = parser.parse_args()
    try:
        shot = take("Product picture", 7, (1200, 1200), vue_nodes=not options.classic)
    except FileNotFoundError as missing:
        print(f"{missing} not found", file=sys.stderr)
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(compact(shot))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Writes the pictures for the READMEs: ``python -m tests.host.screenshot``.

Example workflows in a real ComfyUI, after they ran in the sandbox.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.host.browser import boxes, chromium, find_chromium, frame, frontend, load, press_run
from tests.host.server import ROOT, ComfyServer, find_comfy
from tests.workflows.generate import FOLDER
from tests.workflows.graphs import Example, example

SCALE, WIDTH = 2.0, 1600
BYTES = 900_000
MARGIN, HEADER = 24, 78
CLEAN = ".p-toast { display: none !important; }"


def compact(shot: bytes) -> bytes:
    """The screenshot as a PNG below 900 KB: smaller first, and with fewer colours only if that is not enough."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    small = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)
    for candidate in (small, small.quantize(256, dither=Image.Dither.FLOYDSTEINBERG)):
        buffer = io.BytesIO()
        candidate.save(buffer, "PNG", optimize=True)
        if buffer.tell() < BYTES:
            break
    return buffer.getvalue()


@dataclass(frozen=True)
class Shot:
    """Which example is shown in which language, and the file that shows it."""

    title: str
    locale: str
    file: str


SHOTS = (Shot("Product - Scene and banner", "en", "screenshot.png"), Shot("Character - New scene", "zh", "zh.png"))


def take(one: Example, locale: str, *, vue_nodes: bool) -> bytes:
    """PNG of the example's nodes, filling the canvas, after a run."""
    workflow = json.loads((FOLDER / f"{one.title}.json").read_text(encoding="utf-8"))
    comfy, executable = find_comfy(), find_chromium()
    if comfy is None or executable is None:
        raise FileNotFoundError("ComfyUI" if comfy is None else "Chromium")
    with (
        tempfile.TemporaryDirectory() as folder,
        ComfyServer(comfy, Path(folder) / "comfy", {"VOLCV_PROFILE": "sandbox"}) as server,
        chromium(executable) as browser,
        frontend(browser, server.url, vue_nodes=vue_nodes, scale=SCALE, more={"Comfy.Locale": locale}) as page,
    ):
        load(page, workflow, one.title)
        press_run(page, one.results)
        page.wait_for_timeout(6000)  # until the messages about the run have gone
        page.add_style_tag(content=CLEAN)
        nodes = boxes(page)["nodes"]
        shown = [nodes[key] for key in one.graph]
        left, top = min(box[0] for box in shown) - MARGIN, min(box[1] for box in shown) - HEADER + MARGIN
        right, bottom = max(box[0] + box[2] for box in shown), max(box[1] + box[3] for box in shown)
        frame(page, [left, top, right + MARGIN - left, bottom + MARGIN - top])
        return page.screenshot()


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.host.screenshot", description="Take the screenshots of the READMEs.")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs", help="target folder")
    parser.add_argument("--classic", action="store_true", help="the classic canvas instead of Nodes 2.0")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        try:
            picture = take(example(shot.title), shot.locale, vue_nodes=not options.classic)
        except FileNotFoundError as missing:
            print(f"{missing} not found", file=sys.stderr)
            return 1
        (options.output / shot.file).write_bytes(compact(picture))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

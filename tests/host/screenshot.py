"""Writes the pictures for the READMEs: ``python -m tests.host.screenshot``.

Example workflows in a real ComfyUI, after they ran in the sandbox, and the results tab while one runs.
"""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from tests.gateway import Fault, Gateway
from tests.generate.workflows import Example, example
from tests.generate.workflows.files import path_of
from tests.host.browser import boxes, chromium, find_chromium, frame, frontend, load, press_run, shoot
from tests.host.server import ROOT, ComfyServer, find_comfy, surroundings

if TYPE_CHECKING:
    from playwright.sync_api import ViewportSize

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


RESULTS = "results.png"
KEY = "sk-screenshot-0123456789"
SERVICE_SECONDS = 8.0
KEPT = (
    ("saliency_seg", {"image": "product.png"}),
    ("img2img_cartoon_style", {"image": "character.jpg", "style": "clay", "seed": 31}),
    ("high_aes_general_v14", {"prompt": "A wide valley after the rain, morning mist, soft light", "seed": 1812}),
    ("i2i_outpainting", {"image": "landscape.jpg", "prompt": "A tall sky with thin clouds", "top": 0.5, "seed": 105}),
    ("high_aes_ip_v20", {"image": "character.jpg", "prompt": "The little robot reads a map on a cliff", "seed": 199}),
)
"""What is in the results tab, the newest last."""

SHOTS = (Shot("Product - Scene and banner", "en", "screenshot.png"), Shot("Character - New scene", "zh", "zh.png"))


def tools() -> tuple[Path, str]:
    """ComfyUI's folder and Chromium. FileNotFoundError names the one that is missing."""
    comfy, executable = find_comfy(), find_chromium()
    if comfy is None or executable is None:
        raise FileNotFoundError("ComfyUI" if comfy is None else "Chromium")
    return comfy, executable


def take(one: Example, locale: str, *, vue_nodes: bool) -> bytes:
    """PNG of the example's nodes, filling the canvas, after a run."""
    workflow = json.loads(path_of(one).read_text(encoding="utf-8"))
    comfy, executable = tools()
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
        shown = list(boxes(page)["nodes"].values())
        left, top = min(box[0] for box in shown) - MARGIN, min(box[1] for box in shown) - HEADER + MARGIN
        right, bottom = max(box[0] + box[2] for box in shown), max(box[1] + box[3] for box in shown)
        frame(page, [left, top, right + MARGIN - left, bottom + MARGIN - top])
        return page.screenshot()


def make_results(server: ComfyServer, gateway: Gateway) -> None:
    """Results as the command stores them, in the server's own store."""
    pictures = ROOT / "volcv_client" / "catalog" / "examples" / "pictures"
    jobs = [
        {"key": key, "inputs": {**inputs, **({"image": str(pictures / inputs["image"])} if "image" in inputs else {})}}
        for key, inputs in KEPT
    ]
    file = server.folder / "jobs.jsonl"
    file.write_text("\n".join(map(json.dumps, jobs)), encoding="utf-8")
    command = [sys.executable, "-m", "volcv_client", "run", "--jobs", str(file), "-o", str(server.folder / "made")]
    settings = {"VOLCV_HOME": str(server.folder / "user" / "__volcv"), "VOLCV_MAX_CONCURRENCY": "1"}
    here = surroundings({**settings, "VOLCV_BASE_URL": gateway.url, "VOLCV_API_KEY": KEY})
    subprocess.run(command, cwd=ROOT, env=here, check=True, stdout=subprocess.DEVNULL)


def take_results(one: Example) -> bytes:
    """PNG of the results tab beside the example's nodes while the first of them is at the service."""
    workflow = json.loads(path_of(one).read_text(encoding="utf-8"))
    comfy, executable = tools()
    with tempfile.TemporaryDirectory() as folder, Gateway(api_keys=(KEY,)) as gateway:
        told = {"VOLCV_BASE_URL": gateway.url, "VOLCV_API_KEY": KEY}
        with (
            ComfyServer(comfy, Path(folder) / "comfy", told) as server,
            chromium(executable) as browser,
            frontend(browser, server.url, vue_nodes=True, scale=SCALE, more={"Comfy.Locale": "en"}) as page,
        ):
            make_results(server, gateway)
            gateway.inject(Fault(delay=SERVICE_SECONDS, times=None))
            load(page, workflow, one.title)
            page.locator(".volcv-results-tab-button").click()
            frame(page, [-700, -90, 2100, 1000])
            page.get_by_test_id("queue-button").click()
            page.locator(".volcv-r-row img").first.wait_for()
            page.wait_for_timeout(SERVICE_SECONDS * 500)
            page.add_style_tag(content=CLEAN)
            return page.screenshot()


TEMPLATES = (
    ("Text to image - One sentence", "en"),
    ("Text to image - Compare models", "zh"),
    ("Segment - Cut out and restage", "en"),
)
SCREEN: ViewportSize = {"width": 1440, "height": 900}
OPEN_TEMPLATE = "([workflow, title]) => window.app.loadGraphData(workflow, true, true, title, {openSource: 'template'})"


class OtherFrontend(ComfyServer):
    """A ComfyUI with a frontend of another version, unpacked in ``root``; None for its own."""

    root: Path | None = None

    def command(self) -> list[str]:
        return [*super().command(), *(["--front-end-root", str(self.root)] if self.root else [])]


def take_templates(target: Path, root: Path | None) -> None:
    """Templates as the template browser opens them on a small screen: classic and Nodes 2.0."""
    comfy, executable = tools()
    with tempfile.TemporaryDirectory() as folder, chromium(executable) as browser:
        server = OtherFrontend(comfy, Path(folder) / "comfy", {"VOLCV_PROFILE": "sandbox"})
        server.root = root
        with server:
            for vue_nodes in (False, True):
                for title, locale in TEMPLATES:
                    more = {"Comfy.Locale": locale}
                    with frontend(browser, server.url, vue_nodes=vue_nodes, more=more, size=SCREEN) as page:
                        workflow = json.loads(path_of(example(title)).read_text(encoding="utf-8"))
                        page.evaluate(OPEN_TEMPLATE, [workflow, title])
                        page.wait_for_timeout(3000)
                        name = f"{'other' if root else 'own'} {'nodes 2.0' if vue_nodes else 'classic'} {title}"
                        shoot(page, target, name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.host.screenshot", description="Take the screenshots of the READMEs.")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs", help="target folder")
    parser.add_argument("--classic", action="store_true", help="the classic canvas instead of Nodes 2.0")
    parser.add_argument("--templates", action="store_true", help="three templates as they open, and nothing else")
    parser.add_argument("--front-end-root", type=Path, help="folder of another frontend, for --templates")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    if options.templates:
        take_templates(options.output, options.front_end_root)
        return 0
    for shot in SHOTS:
        try:
            picture = take(example(shot.title), shot.locale, vue_nodes=not options.classic)
        except FileNotFoundError as missing:
            print(f"{missing} not found", file=sys.stderr)
            return 1
        (options.output / shot.file).write_bytes(compact(picture))
    (options.output / RESULTS).write_bytes(compact(take_results(example(SHOTS[0].title))))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""The pictures of the help pages: every node at work in the sandbox, on the demo pictures of the pack."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from volcv_client.demo import PICTURE_NAMES, picture_path

from .snapshot import ROOT

WIDTH, INPUT_HEIGHT, GAP, MOST_BYTES = 640, 200, 8, 60_000
GROUND = (96, 96, 96)

V14 = ("high_aes_general_v14", "--seed", "20250", "--width", "768", "--height", "512")
LIGHTHOUSE = ("--prompt", "A lighthouse on a rocky coast at dawn, calm sea with morning mist")
MARKET = ("--prompt", "The same character walks through a lantern-lit night market after the rain")
HILLS = ("--prompt", "the landscape goes on to both sides under the same sky", "--seed", "411")
WARM = "marble table top,warm evening interior,soft bokeh lamps,elegant,"
ROOM = ("--prompt", "A bright Scandinavian living room in the early morning", "--seed", "90210")
CONTROLNET = ("high_aes_scheduler_svr_controlnet_v2.0", "--image", "room", *ROOM)

RUNS: Mapping[str, tuple[Sequence[str], tuple[str, ...]]] = {
    "Volcv_high_aes_general_v14": ([], (*V14, *LIGHTHOUSE)),
    "Volcv_high_aes_ip_v20": (
        ["character"],
        ("high_aes_ip_v20", "--image", "character", *MARKET, "--height", "640", "--seed", "7301"),
    ),
    "Volcv_i2i_outpainting": (
        ["landscape"],
        ("i2i_outpainting", "--image", "landscape", *HILLS, "--top", "0", "--left", "0.25", "--right", "0.25"),
    ),
    "Volcv_high_aes_scheduler_svr_controlnet_v2_0": (["room"], CONTROLNET),
    "Volcv_img2img_e_commerce_style": (
        ["product", "scene"],
        (
            *("img2img_e_commerce_style", "--product-image", "product", "--ref-image", "scene"),
            *("--positive-prompt", WARM, "--composition", "automatic", "--light", "top-left-light", "--seed", "5150"),
        ),
    ),
    "Volcv_control": (["room"], (*CONTROLNET, "--more-controls", "room:canny:0.45")),
    "Volcv_watermark": ([], (*V14, *LIGHTHOUSE, "--logo-info", "Volcv sample", "--logo-opacity", "1")),
}
"""Node id -> demo pictures to show before the result, and the arguments of ``volcv run``."""
RECALLED = ("Volcv_high_aes_general_v14", "Volcv_high_aes_ip_v20", "Volcv_img2img_e_commerce_style")


def run(arguments: Sequence[str], folder: Path) -> list[Image.Image]:
    """The pictures of one ``volcv run`` in the sandbox; names of demo pictures stand for their files."""
    named = {name: str(picture_path(name)) for name in PICTURE_NAMES}
    given = [named.get(head, head) + colon + rest for head, colon, rest in (one.partition(":") for one in arguments)]
    settings = {"VOLCV_HOME": str(folder / "home"), "VOLCV_LANG": "en", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "volcv_client", "run", *given, "--profile", "sandbox", "--json", "-o", str(folder)]
    answer = subprocess.run(command, env={**os.environ, **settings}, check=True, capture_output=True, text=True)
    return [Image.open(file).convert("RGB") for entry in json.loads(answer.stdout) for file in entry["files"]]


def demo(name: str) -> Image.Image:
    """A demo picture; transparent parts become light grey, so that the cut-out shows."""
    picture = Image.open(picture_path(name)).convert("RGBA")
    ground = Image.new("RGBA", picture.size, (228, 228, 228, 255))
    return Image.alpha_composite(ground, picture).convert("RGB")


def row(pictures: Sequence[Image.Image], most_height: int = WIDTH) -> Image.Image:
    """The pictures side by side at one height, as wide as the page or as high as they may be."""
    ratio = sum(one.width / one.height for one in pictures)
    height = min(most_height, round((WIDTH - GAP * (len(pictures) - 1)) / ratio))
    sized = [one.resize((round(one.width * height / one.height), height), Image.Resampling.LANCZOS) for one in pictures]
    whole = Image.new("RGB", (WIDTH, height), GROUND)
    left = (WIDTH - sum(one.width for one in sized) - GAP * (len(sized) - 1)) // 2
    for one in sized:
        whole.paste(one, (left, 0))
        left += one.width + GAP
    return whole


def column(rows: Sequence[Image.Image]) -> Image.Image:
    """Rows below each other; help panels are narrow."""
    whole = Image.new("RGB", (WIDTH, sum(one.height for one in rows) + GAP * (len(rows) - 1)), GROUND)
    top = 0
    for one in rows:
        whole.paste(one, (0, top))
        top += one.height + GAP
    return whole


def save(picture: Image.Image, path: Path) -> None:
    """A JPEG of at most 60 KB."""
    for quality in range(88, 20, -4):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= MOST_BYTES:
            path.write_bytes(buffer.getvalue())
            return
    raise ValueError(f"{path.name} stays above {MOST_BYTES} bytes")


def write_pictures(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    results: dict[str, list[Image.Image]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for node_id, (before, arguments) in RUNS.items():
            results[node_id] = run(arguments, Path(temporary))
            inputs = [row([*map(demo, before)], INPUT_HEIGHT)] if before else []
            save(column([*inputs, row(results[node_id])]), folder / f"{node_id}.jpg")
    newest = [results[name][0] for name in RECALLED]
    save(column([row(newest[:1]), row(newest[1:])]), folder / "Volcv_recall.jpg")
    shipped = [demo(name) for name in PICTURE_NAMES]
    save(column([row(shipped[:2]), row(shipped[2:4]), row(shipped[4:])]), folder / "Volcv_example_picture.jpg")

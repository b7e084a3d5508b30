"""The pictures of the help pages: every node at work in the sandbox, on the examples of the declarations."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.film import frames_of
from volcv_client.catalog import Model
from volcv_client.catalog.examples import PICTURE_NAMES, example_of, picture_path
from volcv_client.cli.demo import run_examples
from volcv_client.cli.demo.sheet import Entry, Shown
from volcv_client.cli.terminal import Progress

from .help import PICTURES
from .locales import catalog
from .snapshot import Snapshot

WIDTH, INPUT_HEIGHT, GAP, MOST_BYTES = 400, 128, 8, 11_500
GROUND = (96, 96, 96)
FRAMES = 2
"""How many frames of a video are shown."""

HELPERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Volcv_control": (
        "Volcv_high_aes_scheduler_svr_controlnet_v2_0",
        {"more_controls": [(str(picture_path("room")), "canny", 0.45)]},
    ),
    "Volcv_watermark": ("Volcv_high_aes_general_v14", {"logo_info": "Volcv sample", "logo_info.opacity": 1.0}),
}
"""Helper node -> the model whose example shows it, and what it adds to the example's values."""

RECALLED = ("Volcv_high_aes_general_v14", "Volcv_high_aes_ip_v20", "Volcv_img2img_e_commerce_style")
"""Models whose results stand for stored ones."""
RECALLED_VIDEO = "Volcv_jimeng_ti2v_v30_pro"


def path_of(node_id: str) -> Path:
    return PICTURES / f"{node_id}.jpg"


def missing(snapshot: Snapshot) -> list[Path]:
    return [path for path in map(path_of, snapshot) if not path.exists()]


def entries(models: Mapping[str, Model], folder: Path) -> dict[str, Entry]:
    """Run the examples of models, by node id. RuntimeError if one fails."""
    made = run_examples(list(models.values()), folder, Progress(quiet=True)) or []
    if len(made) < len(models):
        raise RuntimeError("an example did not run")
    return dict(zip(models, made, strict=True))


def helped(node_id: str) -> Model:
    """The model that shows a helper node, with what the helper adds to its example."""
    model_id, values = HELPERS[node_id]
    model = catalog()[model_id]
    example = example_of(model)
    return replace(model, example=replace(example, values={**example.values, **values}))


def opened(shown: Shown, folder: Path) -> list[Image.Image]:
    """A picture, or evenly spaced frames of a video, the first and the last among them."""
    if not shown.video:
        return [Image.open(folder / shown.file)]
    frames = frames_of((folder / shown.file).read_bytes())
    return [frames[round(part * (len(frames) - 1) / (FRAMES - 1))] for part in range(FRAMES)]


def results(entry: Entry, folder: Path) -> list[Image.Image]:
    """What the service made; on light grey, so that a cut-out shows."""
    return [opaque(one, "#e4e4e4") for shown in entry.outputs for one in opened(shown, folder)]


def page_picture(entry: Entry, folder: Path) -> Image.Image:
    """What went in above what came out; transparent inputs are sent on white."""
    inputs = [opaque(one, "white") for shown in entry.inputs for one in opened(shown, folder)]
    return column([*([row(inputs, INPUT_HEIGHT)] if inputs else []), row(results(entry, folder))])


def opaque(picture: Image.Image, color: str) -> Image.Image:
    """The picture over one colour."""
    ground = Image.new("RGBA", picture.size, color)
    return Image.alpha_composite(ground, picture.convert("RGBA")).convert("RGB")


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
    """A JPEG of at most ``MOST_BYTES``, so that the registry's archive stays below 2.8 MB."""
    for quality in range(88, 20, -4):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() <= MOST_BYTES:
            path.write_bytes(buffer.getvalue())
            return
    raise ValueError(f"{path.name} stays above {MOST_BYTES} bytes")


def take(paths: Collection[Path]) -> None:
    """Write these pictures; OSError and RuntimeError as they come."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    wanted = {path.stem for path in paths}
    needed = wanted | ({*RECALLED} if "Volcv_recall" in wanted else set())
    needed |= {RECALLED_VIDEO} if "Volcv_recall_video" in wanted else set()
    models = {node_id: model for node_id, model in catalog().items() if node_id in needed}
    shown: dict[str, Image.Image] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        made = entries(models, folder)
        shown |= {node_id: page_picture(entry, folder) for node_id, entry in made.items()}
        if "Volcv_recall" in wanted:
            newest = [results(made[node_id], folder)[0] for node_id in RECALLED]
            shown["Volcv_recall"] = column([row(newest[:1]), row(newest[1:])])
        if "Volcv_recall_video" in wanted:
            shown["Volcv_recall_video"] = shown[RECALLED_VIDEO]
        for node_id in wanted & HELPERS.keys():
            (entry,) = entries({node_id: helped(node_id)}, folder / node_id).values()
            shown[node_id] = page_picture(entry, folder / node_id)
    shipped = [opaque(Image.open(picture_path(name)), "white") for name in PICTURE_NAMES]
    shown["Volcv_example_picture"] = column([row(shipped[:2]), row(shipped[2:4]), row(shipped[4:])])
    for node_id in wanted:
        save(shown[node_id], path_of(node_id))

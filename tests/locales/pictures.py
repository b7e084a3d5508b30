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

from PIL import Image, ImageFilter

from volcv_client.catalog.examples import PICTURE_NAMES, picture_path
from volcv_client.cli.demo.video_frames import frames_of

from .snapshot import ROOT

WIDTH, INPUT_HEIGHT, GAP, MOST_BYTES = 640, 200, 8, 60_000
GROUND = (96, 96, 96)

MASKS = {"wall_mask": (500, 165, 736, 343), "lamp_mask": (846, 200, 986, 625)}
"""Boxes on the demo picture of the room: the framed picture and the floor lamp."""
FRAMES = 2
"""How many frames of a video are shown."""

V14 = ("high_aes_general_v14", "--seed", "20250", "--width", "768", "--height", "512")
LIGHTHOUSE = ("--prompt", "A lighthouse on a rocky coast at dawn, calm sea with morning mist")
MARKET = ("--prompt", "The same character walks through a lantern-lit night market after the rain")
HILLS = ("--prompt", "the landscape goes on to both sides under the same sky", "--seed", "411")
WARM = "marble table top,warm evening interior,soft bokeh lamps,elegant,"
ROOM = ("--prompt", "A bright Scandinavian living room in the early morning", "--seed", "90210")
CONTROLNET = ("high_aes_scheduler_svr_controlnet_v2.0", "--image", "room", *ROOM)
DESERT = ("--prompt", "Put the robot into a sunny desert, keep its face and its pose")
NIGHT = ("--prompt", "Turn the day into a starry night, keep the furniture where it is")
GOLD = ("--prompt", "A living room in warm gold and marble, evening light", "--style-weight", "0.7")
WAVING = ("--prompt", "The little robot of picture 1 stands on the marble table of picture 2 and waves")
GLIDE = ("--prompt", "The camera glides slowly over the lake towards the mountains, the water ripples")
DOUBLED = ("--width", "576", "--height", "384")
FULL = ("--width", "1152", "--height", "768")

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
    "Volcv_high_aes_general_v30l_zt2i": (
        [],
        ("high_aes_general_v30l_zt2i", "--prompt", "Snowy peaks behind a frozen lake", *FULL, "--seed", "71"),
    ),
    "Volcv_high_aes_general_v21_L": (
        [],
        ("high_aes_general_v21_L", "--prompt", "Green hills behind a forest after the rain", *DOUBLED, "--seed", "72"),
    ),
    "Volcv_high_aes_general_v20_L": (
        [],
        ("high_aes_general_v20_L", "--prompt", "Dunes of a wide desert, a low sun", *DOUBLED, "--seed", "73"),
    ),
    "Volcv_high_aes_general_v20": (
        [],
        ("high_aes_general_v20", "--prompt", "Clouds at dusk above purple mountains", *DOUBLED, "--seed", "74"),
    ),
    "Volcv_t2i_xl_sft": (
        [],
        ("t2i_xl_sft", "--prompt", "Fields of pink flowers before soft hills", *FULL, "--seed", "75"),
    ),
    "Volcv_high_aes": (
        ["character"],
        ("high_aes", "--image", "character", "--prompt", "A little robot waves, anime, clean lines", "--seed", "76"),
    ),
    "Volcv_jimeng_t2i_v40": (
        ["character", "scene"],
        (
            *("jimeng_t2i_v40", "--image-1", "character", "--image-2", "scene", *WAVING, "--force-single"),
            *("--size-by", "width-and-height", "--width", "1280", "--height", "960"),
        ),
    ),
    "Volcv_byteedit_v2_0": (["character"], ("byteedit_v2.0", "--image", "character", *DESERT, "--seed", "61")),
    "Volcv_seededit_v3_0": (["room"], ("seededit_v3.0", "--image", "room", *NIGHT, "--seed", "62")),
    "Volcv_i2i_inpainting_edit": (
        ["room", "wall_mask"],
        (
            *("i2i_inpainting_edit", "--image", "room", "--mask", "wall_mask", "--seed", "63"),
            *("--custom-prompt", "A round mirror in a thin brass frame"),
        ),
    ),
    "Volcv_i2i_inpainting": (
        ["room", "lamp_mask"],
        ("i2i_inpainting", "--image", "room", "--mask", "lamp_mask", "--seed", "64"),
    ),
    "Volcv_stylise": (
        ["landscape"],
        ("img2img_cartoon_style", "--image", "landscape", "--style", "water-ink", "--seed", "65"),
    ),
    "Volcv_i2i_xl_sft": (
        ["room", "scene"],
        (
            *("i2i_xl_sft", "--image", "room", "--style-image", "scene", *GOLD),
            *("--control-type", "depth", "--control-strength", "0.6", "--seed", "66"),
        ),
    ),
    "Volcv_single_photo_portrait": (
        ["character"],
        ("img2img_photoverse_american_comics", "--image", "character", "--style", "cyberpunk"),
    ),
    "Volcv_saliency_seg": (["bottle"], ("saliency_seg", "--image", "bottle", "--refine-mask", "matting")),
    "Volcv_lens_lqir": (["blurred"], ("lens_lqir", "--image", "blurred", "--enable-hdr")),
    "Volcv_jimeng_ti2v_v30_pro": (
        ["landscape"],
        ("jimeng_ti2v_v30_pro", "--image", "landscape", *GLIDE, "--seed", "77"),
    ),
    "Volcv_any": (
        [],
        (
            *("any", "--req-key", "high_aes_general_v30l_zt2i", "--seed", "78"),
            *("--body", '{"prompt": "Rolling hills in spring light", "width": 1024, "height": 640}'),
        ),
    ),
}
"""Node id -> materials to show before the result, and the arguments of ``volcv run``."""
RECALLED = ("Volcv_high_aes_general_v14", "Volcv_high_aes_ip_v20", "Volcv_img2img_e_commerce_style")


def materials(folder: Path) -> dict[str, Path]:
    """What goes into the runs, by name: the demo pictures, and what is made of them in the folder."""
    files = {name: picture_path(name) for name in PICTURE_NAMES}
    with Image.open(files["room"]) as room:
        made = {name: Image.new("L", room.size) for name in MASKS}
    for name, box in MASKS.items():
        made[name].paste(255, box)
    made["bottle"] = opaque(Image.open(files["product"]), "white")
    with Image.open(files["landscape"]) as landscape:
        small = landscape.resize((320, 240), Image.Resampling.BOX)
    made["blurred"] = small.filter(ImageFilter.GaussianBlur(0.8))
    for name, picture in made.items():
        files[name] = folder / f"{name}.png"
        picture.save(files[name])
    return files


def run(arguments: Sequence[str], files: Mapping[str, Path], folder: Path) -> list[Image.Image]:
    """The pictures of one ``volcv run`` in the sandbox; names of materials stand for their files."""
    parts = (one.partition(":") for one in arguments)
    given = [str(files.get(head, head)) + colon + rest for head, colon, rest in parts]
    settings = {"VOLCV_HOME": str(folder / "home"), "VOLCV_LANG": "en", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "volcv_client", "run", *given, "--profile", "sandbox", "--json", "-o", str(folder)]
    answer = subprocess.run(command, env={**os.environ, **settings}, check=True, capture_output=True, text=True)
    return [one for entry in json.loads(answer.stdout) for file in entry["files"] for one in shown(Path(file))]


def shown(path: Path) -> list[Image.Image]:
    """A picture, or evenly spaced frames of a video, the first and the last among them."""
    if path.suffix != ".mp4":
        return [opaque(Image.open(path))]
    frames = frames_of(path.read_bytes())
    places = [round(part * (len(frames) - 1) / (FRAMES - 1)) for part in range(FRAMES)]
    return [opaque(Image.open(io.BytesIO(frames[place]))) for place in places]


def opaque(picture: Image.Image, color: str = "#e4e4e4") -> Image.Image:
    """The picture over one colour; light grey, so that a cut-out shows."""
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
        files = materials(Path(temporary))
        for node_id, (before, arguments) in RUNS.items():
            results[node_id] = run(arguments, files, Path(temporary))
            inputs = [row([opaque(Image.open(files[name])) for name in before], INPUT_HEIGHT)] if before else []
            save(column([*inputs, row(results[node_id])]), folder / f"{node_id}.jpg")
    newest = [results[name][0] for name in RECALLED]
    save(column([row(newest[:1]), row(newest[1:])]), folder / "Volcv_recall.jpg")
    shipped = [opaque(Image.open(picture_path(name))) for name in PICTURE_NAMES]
    save(column([row(shipped[:2]), row(shipped[2:4]), row(shipped[4:])]), folder / "Volcv_example_picture.jpg")

"""Every example workflow, executed in a real ComfyUI against a gateway over real HTTP."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.gateway import Gateway
from tests.generate.thumbnails import THUMBNAIL_BYTES, THUMBNAIL_WIDTH
from tests.generate.workflows import EXAMPLES, example
from tests.generate.workflows.convert import complete
from tests.generate.workflows.files import FOLDER, path_of, workflow_text
from tests.generate.workflows.parts import with_frames
from tests.host.client import Client, differences, pixels
from tests.host.examples import ASKING, SEVERAL_PICTURES, bodies, built, marked, original, received, run
from tests.host.graphs import reseeded, sent_pictures
from volcv_client.catalog import all_models
from volcv_client.catalog.examples import picture_path

BODIES = json.loads(Path(__file__).with_name("example_bodies.json").read_text(encoding="utf-8"))
"""What the gateway must receive for each example, as :func:`received` puts it, without the seeds."""
ACTIONS = {*ASKING, *(mode.action for model in all_models() for mode in model.modes.values())}


@pytest.mark.parametrize("title", [one.title for one in EXAMPLES])
def test_files_are_current(title: str, object_info: dict[str, Any]) -> None:
    """``python -m tests.generate workflows`` would write what is there."""
    committed = path_of(example(title)).read_text(encoding="utf-8")
    assert committed == workflow_text(example(title), object_info)


def test_every_node_is_in_an_example(object_info: dict[str, Any]) -> None:
    """What ComfyUI has of the pack, so also a node that is new; but a store need not hold a video to bring back."""
    pack = {name for name, info in object_info.items() if info["python_module"] == "custom_nodes.volcv"}
    shown = {node["class_type"] for one in EXAMPLES for node in one.graph.values()}
    assert pack - shown == {"Volcv_recall_video"}


def test_no_other_files() -> None:
    expected = {path_of(one).with_suffix(ending).name for one in EXAMPLES for ending in (".json", ".jpg")}
    assert {path.name for path in FOLDER.iterdir()} == expected


@pytest.mark.parametrize("title", [one.title for one in EXAMPLES])
def test_thumbnails(title: str) -> None:
    path = path_of(example(title)).with_suffix(".jpg")
    with Image.open(path) as picture:
        assert picture.format == "JPEG"
        assert picture.width == THUMBNAIL_WIDTH
    assert path.stat().st_size < THUMBNAIL_BYTES


@pytest.mark.usefixtures("nothing_stored")
@pytest.mark.parametrize("title", [one.title for one in EXAMPLES])
def test_requests(
    title: str,
    client: Client,
    gateway: Gateway,
    object_info: dict[str, Any],
    seed: int,
) -> None:
    """The gateway gets exactly what the graph says, once per model node, with the key in the header."""
    one = example(title)
    if one.after:
        run(client, example(one.after), object_info, seed)
        gateway.clear()
    run(client, one, object_info, seed)
    sent = received(gateway)
    seeds = [body.pop("seed") for body in sent if "seed" in body]
    assert seeds == list(range(seed, seed + len(seeds)))
    written = BODIES.get(title, [])
    known = {body["req_key"] for body in written}
    assert [body for body in sent if body["req_key"] in known] == written
    others = [body for body in sent if body["req_key"] not in known]
    assert sorted(others, key=str) == sorted(built(one, known), key=str)
    for taken in gateway.requests:
        assert taken.query == {"Action": taken.action, "Version": "2022-08-31"}
        assert taken.action in ACTIONS
        assert taken.headers["Content-Type"].startswith("application/json")


def test_text_to_image(client: Client, object_info: dict[str, Any], seed: int) -> None:
    done = run(client, example("Text to image - One sentence"), object_info, seed)
    (picture,) = client.pictures(done, "2")
    assert picture.size == (768, 512)
    assert marked(picture)
    assert pixels(picture).std() > 20


def test_variations(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Four pictures, each another; keeping one by its seed is free of charge, as the note says."""
    one = example("Text to image - Variations with watermark")
    done = run(client, one, object_info, seed)
    pictures = client.pictures(done, "3")
    assert [picture.size for picture in pictures] == [(768, 512)] * 4
    assert all(marked(picture) for picture in pictures)
    assert all(differences(pixels(a), pixels(b)) > 1 for a, b in combinations(pictures, 2))

    gateway.clear()
    kept = reseeded(one.graph, seed + 2)
    kept["2"]["inputs"]["count"] = 1
    again = client.run(complete(kept, object_info))
    (picture,) = client.pictures(again, "3")
    assert differences(pixels(picture), pixels(pictures[2])) == 0
    assert gateway.requests == []


def test_recall(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """The newest results come back, newest first, with what is known about them; nothing is sent."""
    run(client, example("Text to image - Variations with watermark"), object_info, seed)
    gateway.clear()
    done = run(client, example("Results - Recall free of charge"), object_info, seed)
    assert len(client.pictures(done, "2")) == 4
    entries = json.loads(done.outputs["3"]["text"][0])
    assert {entry["seed"] for entry in entries} == set(range(seed, seed + 4))
    assert all(entry["reused"] for entry in entries)
    assert gateway.requests == []


def test_character(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Super-resolution doubles the size; the reference travels as it is."""
    done = run(client, example("Character - New scene"), object_info, seed)
    (picture,) = client.pictures(done, "3")
    assert picture.size == (1024, 1280)
    assert marked(picture)
    (reference,) = sent_pictures(bodies(gateway)[0])
    assert reference.format == "JPEG"
    assert differences(pixels(reference), pixels(original("character"))) < 1.5


def test_outpainting(client: Client, object_info: dict[str, Any], seed: int) -> None:
    """The source stays in place in the grown frame."""
    done = run(client, example("Outpainting - Sides"), object_info, seed)
    source = pixels(original("landscape"))
    (wide,) = client.pictures(done, "3")
    assert wide.size == (1536, 845)
    assert marked(wide)
    assert differences(pixels(wide)[77:845, 256:1280], source) < 1.5
    assert all(pixels(wide)[:, part].std() > 5 for part in (slice(0, 200), slice(1336, 1536)))


def test_padded_canvas(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """The source stays in place on the padded canvas."""
    done = run(client, example("Outpainting - Padded canvas"), object_info, seed)
    source = pixels(original("landscape"))
    (filled,) = client.pictures(done, "4")
    assert filled.size == (1280, 1152)
    kept, feather = pixels(filled)[256:1024, 128:1152], 24
    inside = (slice(feather, -feather), slice(feather, -feather))
    assert differences(kept[inside], source[inside]) < 1.5
    grey = np.abs(pixels(filled)[:256] - 127).max(axis=2) < 3
    assert grey.mean() < 0.2, "the padding of Pad Image for Outpainting is still there"

    canvas, mask = sent_pictures(bodies(gateway)[0])
    assert (canvas.size, mask.size, mask.mode, mask.format) == ((1280, 1152), (1280, 1152), "L", "PNG")
    values = np.asarray(mask)
    assert values[:256].min() == 255
    assert values[256 + feather : -128 - feather, 128 + feather : -128 - feather].max() == 0


def test_controlnet(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Both pictures of the answer are saved: the new room, and the edge map of the second control."""
    done = run(client, example("Image to image - ControlNet"), object_info, seed)
    picture, edges = client.pictures(done, "4")
    room = original("room")
    assert picture.size == edges.size == room.size
    assert marked(picture)
    assert differences(pixels(picture), pixels(room)) > 10
    assert (pixels(edges).max(axis=2) < 40).mean() > 0.5, "an edge map is mostly black"
    first, second = sent_pictures(bodies(gateway)[0])
    assert differences(pixels(first), pixels(second)) == 0


def test_product(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Product, mask and reference travel in this order; white is the product."""
    done = run(client, example("Product - New scene"), object_info, seed)
    (picture,) = client.pictures(done, "6")
    assert picture.size == (1200, 1200)
    assert marked(picture)
    product, mask, scene = sent_pictures(bodies(gateway)[0])
    assert (mask.mode, mask.format, mask.size) == ("L", "PNG", product.size)
    with Image.open(picture_path("product")) as file:
        alpha = np.asarray(file.convert("RGBA").getchannel("A"), dtype=np.int16)
    assert np.abs(np.asarray(mask, dtype=np.int16) - alpha).max() <= 1
    assert differences(pixels(product), pixels(original("product"))) < 1.5
    assert differences(pixels(scene), pixels(original("scene"))) < 1.5


def test_banner(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """The picture of the first model is what the second one grows."""
    done = run(client, example("Product - Scene and banner"), object_info, seed)
    (banner,) = client.pictures(done, "6")
    assert banner.size == (1920, 800)
    (square,) = sent_pictures(bodies(gateway)[1])
    assert square.size == (1024, 1024)
    assert marked(square)
    middle = pixels(banner)[:, 560:1360]
    small = pixels(square.resize((800, 800), Image.Resampling.LANCZOS))
    assert differences(middle[:, 8:-8], small[:, 8:-8]) < 3


def test_compare(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """One prompt reaches each model, and each brings a picture of its own."""
    one = example("Text to image - Compare models")
    done = run(client, one, object_info, seed)
    pictures = [client.pictures(done, key)[0] for key in one.results]
    assert [picture.width for picture in pictures] == [1328, 1024, 1024]
    assert all(picture.width == picture.height and marked(picture) for picture in pictures)
    small = [pixels(picture.resize((256, 256))) for picture in pictures]
    assert all(differences(a, b) > 1 for a, b in combinations(small, 2))
    assert {body["prompt"] for body in bodies(gateway)} == {one.graph["1"]["inputs"]["value"]}


def test_jimeng(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """Both pictures travel inside the request."""
    done = run(client, example(SEVERAL_PICTURES), object_info, seed)
    (picture,) = client.pictures(done, "4")
    assert picture.size == (1280, 960)
    assert marked(picture)
    (body,) = bodies(gateway)
    assert len(body["binary_data_base64"]) == 2 and "image_urls" not in body and gateway.uploads == 0


def test_jimeng_by_links(
    client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int, upload_url: None
) -> None:
    """With an upload address both pictures go up once and travel as links."""
    done = run(client, example(SEVERAL_PICTURES), object_info, seed)
    assert marked(client.pictures(done, "4")[0])
    (body,) = bodies(gateway)
    assert gateway.uploads == len(body["image_urls"]) == 2
    assert "binary_data_base64" not in body


def test_video(client: Client, gateway: Gateway, object_info: dict[str, Any], seed: int) -> None:
    """It begins with the picture and moves on, ComfyUI decodes it, and what is saved is what came."""
    graph, (key,) = with_frames(example("Video - First frame"))
    done = client.run(complete(reseeded(graph, seed), object_info))
    assert done.end == "execution_success", done.error.get("exception_message")
    (file,) = done.files("3")
    data = client.file_bytes(file)
    assert file["filename"].endswith(".mp4") and data[4:8] == b"ftyp" and b"avc1" in data
    frames = client.pictures(done, key)
    assert len(frames) == 120
    assert all(marked(frame) for frame in frames)
    start = original("landscape").resize(frames[0].size, Image.Resampling.BILINEAR)
    upper = slice(24, start.height // 2)
    assert differences(pixels(frames[0])[upper], pixels(start)[upper]) < 25
    assert differences(pixels(frames[0])[upper], pixels(frames[-1])[upper]) > 3
    (sent,) = sent_pictures(bodies(gateway)[0])
    assert differences(pixels(sent), pixels(original("landscape"))) < 1.5


def test_any_model(client: Client, object_info: dict[str, Any], seed: int) -> None:
    """The body's fields decide; the answer is shown without the picture."""
    done = run(client, example("Any model - By name"), object_info, seed)
    (picture,) = client.pictures(done, "2")
    assert picture.size == (1024, 768)
    assert marked(picture)
    (text,) = done.outputs["3"]["text"]
    (entry,) = json.loads(text)
    assert entry["request_id"] and entry["seed"] == seed
    assert len(text) < 5000

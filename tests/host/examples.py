"""Running example workflows, and what the gateway got from them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from PIL import Image

from tests.client.helpers import colour, half_mask, without
from tests.gateway import Gateway
from tests.generate.workflows import Example
from tests.generate.workflows.convert import complete
from tests.host.client import Client, PromptRun, pixels
from tests.host.graphs import reseeded, sent_fields
from volcv_client.catalog import all_models
from volcv_client.catalog.examples import picture_path
from volcv_client.catalog.spec import SYNCHRONOUS, FileSocket
from volcv_client.catalog.wire_path import UPLOAD_URI
from volcv_client.request.body import build
from volcv_client.request.media import MediaFile

MEDIA = MediaFile(b"film")
PICTURES = {"picture": colour(640, 480), "mask": half_mask(640, 480), "video": MEDIA, "audio": MEDIA}
ASKING = ("CVSync2AsyncGetResult", "CVGetResult")
NEW_EACH_TIME = "*"
SEVERAL_PICTURES = "Jimeng 4.0 - Several pictures"
"""Its model takes links to pictures."""


def run(client: Client, one: Example, object_info: dict[str, Any], seed: int) -> PromptRun:
    """Run an example with seeds of its own; it must succeed."""
    done = client.run(complete(reseeded(one.graph, seed), object_info))
    assert done.end == "execution_success", done.error.get("exception_message")
    return done


def bodies(gateway: Gateway) -> list[dict[str, Any]]:
    """The accepted calls in the order of their seeds; questions for the result of a task are not among them."""
    assert all(request.status == 200 for request in gateway.requests)
    found = [dict(request.body or {}) for request in gateway.requests if request.action not in ASKING]
    return sorted(found, key=lambda body: int(body.get("seed", -1)))


def received(gateway: Gateway) -> list[dict[str, Any]]:
    """Every accepted request without pictures, in the order of the seeds, then by content.

    ``Action`` is named where it is not CVProcess. Of links there is the number, of an uploaded file and a task's id a
    star: they are new each time.
    """
    assert all(request.status == 200 for request in gateway.requests)
    found = []
    for request in gateway.requests:
        fields = without_links(sent_fields(request.body))
        if request.action != "CVProcess":
            fields = {"Action": request.action, **fields}
        if "image_urls" in fields:
            fields["image_urls"] = len(fields["image_urls"])
        if "task_id" in fields:
            fields["task_id"] = "*"
        found.append(fields)
    return sorted(found, key=lambda one: (one.get("seed", 2**31), json.dumps(one, sort_keys=True)))


def without_links(value: Any, depth: int = 0) -> Any:
    """The same with a star for the link of each uploaded file, for what stands for it before the upload, and for
    seeds further inside."""
    if isinstance(value, dict):
        starred = {"seed": NEW_EACH_TIME} if depth and "seed" in value else {}
        return {name: without_links(inner, depth + 1) for name, inner in value.items()} | starred
    if isinstance(value, list):
        return [without_links(inner, depth + 1) for inner in value]
    uploaded = isinstance(value, str) and ("/files/" in value or value.startswith(UPLOAD_URI))
    return NEW_EACH_TIME if uploaded else value


def built(one: Example, known: Collection[str]) -> list[dict[str, Any]]:
    """What must arrive of the models beyond those with ``known`` req_keys, as :func:`received` puts it, without the
    seeds: the bodies that the client builds of the graph's values."""
    found: list[dict[str, Any]] = []
    models = {model.node_id: model for model in all_models() if not model.any_req_key}
    for node in one.graph.values():
        model = models.get(node["class_type"])
        if model is None or {*known} & {*model.req_keys}:
            continue
        given = model.defaults()
        for path, value in node["inputs"].items():
            input_ = model.input(path.split(".")[-1])
            if isinstance(input_, FileSocket):
                given[input_.name] = PICTURES[input_.kind]
            else:
                given[input_.name] = one.graph[value[0]]["inputs"]["value"] if isinstance(value, list) else value
        request = build(model, given)
        body = without(without_links(sent_fields(request.body)), "seed")
        found.append(body if request.mode == SYNCHRONOUS else {"Action": request.mode.action, **body})
        if request.mode.result_action:
            asked = {"req_key": body["req_key"], "task_id": "*"}
            if request.result_request:
                asked["req_json"] = json.dumps(request.result_request)
            found.append({"Action": request.mode.result_action, **asked})
    return found


def original(name: str) -> Image.Image:
    """An example picture as its node hands it out: transparency over white."""
    picture = Image.open(picture_path(name))
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def marked(picture: Image.Image) -> bool:
    """Whether the sandbox's yellow mark is on the picture."""
    values = pixels(picture)
    yellow = (values[..., 0] > 225) & (values[..., 1] > 150) & (values[..., 1] < 220) & (values[..., 2] < 100)
    return float(yellow.mean()) > 0.002

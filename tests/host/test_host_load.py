"""The pack as ComfyUI loads it."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.gateway import Fault, Gateway
from tests.generate.workflows import EXAMPLES
from tests.generate.workflows.files import path_of
from tests.host.client import Client
from tests.host.conftest import KEY
from tests.host.graphs import save, text_to_image
from tests.host.server import LOAD_FAILURES, ROOT, ComfyServer
from volcv_client.catalog import all_models

COMPLAINTS = ("Traceback (most recent call last)", "Exception ignored", *LOAD_FAILURES)


def test_every_node_is_there(object_info: dict[str, Any]) -> None:
    """The list for those who cannot run the pack names exactly the nodes that it has."""
    found = {name for name, info in object_info.items() if info["python_module"] == "custom_nodes.volcv"}
    assert found == set(json.loads((ROOT / "node_list.json").read_text(encoding="utf-8")))
    assert found > {model.node_id for model in all_models()}


TYPES = {"images": "IMAGE", "mask": "MASK", "video": "VIDEO", "text": "STRING", "response": "STRING"}


def test_nodes_are_what_they_should_be(object_info: dict[str, Any]) -> None:
    for model in all_models():
        node = object_info[model.node_id]
        assert node["category"] == f"Volcengine CV/{model.group}"
        first, *rest = (one.value for one in model.outputs)
        assert node["output_name"] == [first, "text", "response", *rest]
        assert node["output"] == [TYPES[name] for name in node["output_name"]]
        assert node["output_is_list"] == [name == "video" for name in node["output_name"]]
        assert not node["api_node"], "it would be handed the user's Comfy.org token"
        assert set(node["input"].get("hidden", {})) == {"unique_id"}
        assert node["python_module"] == "custom_nodes.volcv"


def test_every_input_explains_itself(object_info: dict[str, Any]) -> None:
    for name in (name for name in object_info if name.startswith("Volcv_")):
        for group in ("required", "optional"):
            for one, spec in object_info[name]["input"].get(group, {}).items():
                assert spec[1].get("tooltip"), f"{name}.{one}"


def test_nothing_bad_in_the_log(host: ComfyServer) -> None:
    start = host.log.split("To see the GUI go to")[0]
    assert [mark for mark in COMPLAINTS if mark in start] == []
    assert str(host.folder / "custom_nodes" / "volcv") in start


def test_templates_are_listed(client: Client) -> None:
    listed = client.get("/api/workflow_templates")["volcv"]
    assert sorted(listed) == sorted(path_of(one).stem for one in EXAMPLES)
    for title in listed:
        opened = client.get(f"/api/workflow_templates/volcv/{quote(title)}.json")
        assert opened["version"] == 0.4


def test_another_folder_name_from_nothing_to_the_sandbox(comfy: Path, tmp_path: Path) -> None:
    """With nothing configured a node says how to set it up; the sandbox profile needs no key at all."""
    server = ComfyServer(comfy, tmp_path / "comfy", {}, "comfyui-volcv-main")
    with server, Client(server.url) as client:
        info = client.object_info()
        assert {name for name in info if name.startswith("Volcv_")} >= {model.node_id for model in all_models()}
        assert info["Volcv_watermark"]["python_module"] == "custom_nodes.comfyui-volcv-main"
        graph = {"1": text_to_image(5), "2": save("1")}
        lost = client.submit(graph)
        assert lost.status_code == 400
        (error,) = lost.json()["node_errors"]["1"]["errors"]
        assert "VOLCV_API_KEY" in error["details"] and error["extra_info"] == {"input_name": "prompt"}

        private = server.folder / "user" / "__volcv"
        private.mkdir(exist_ok=True)
        (private / "config.json").write_text(json.dumps({"active": "sandbox"}), encoding="utf-8")
        found = client.run(graph)
        assert found.end == "execution_success", found.error
        assert client.pictures(found, "2")[0].size == (128, 128)
        assert (private / "results").is_dir()


def test_the_key_is_nowhere(host: ComfyServer, client: Client, gateway: Gateway, seed: int) -> None:
    """After a success, a refusal and an interruption: in no file, no picture, no answer of ComfyUI, no log."""
    workflow = {"extra_pnginfo": {"workflow": {"nodes": [], "note": "from the test"}}}
    good = client.run({"1": text_to_image(seed), "2": save("1", "canary")}, workflow)
    assert good.end == "execution_success"
    gateway.inject(Fault(code=50400))
    bad = client.run({"1": text_to_image(seed + 1), "2": save("1")}, workflow)
    assert bad.end == "execution_error"
    pictures = [client.file_bytes(file) for file in good.files("2")]
    assert pictures and all(b"from the test" in data for data in pictures), "the workflow is in the picture"
    answers = [
        client.http.get(host.url + path, timeout=30).content
        for path in (
            "/object_info",
            "/volcv/status",
            "/history",
            "/queue",
            "/settings",
            "/system_stats",
            "/internal/logs",
            "/prompt",
        )
    ]
    said = [repr(event).encode() for run in (good, bad) for event in run.events]
    for data in [*pictures, *answers, *said, host.log.encode()]:
        assert KEY.encode() not in data
    for path in host.folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "custom_nodes" not in path.parts:
            assert KEY.encode() not in path.read_bytes(), path


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_results_are_private(host: ComfyServer, client: Client, seed: int) -> None:
    """Pictures and prompts in the result store are the owner's alone."""
    client.run({"1": text_to_image(seed), "2": save("1")})
    assert stat.S_IMODE((host.folder / "user" / "__volcv" / "results").stat().st_mode) == 0o700

"""One more declaration file is one more node in a real ComfyUI, which runs."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest

from tests.client.helpers import png, success
from tests.client.wire import Script, WireServer, response
from tests.generate.workflows import node

from .client import Client
from .server import PACK, ROOT, ComfyServer

DECLARATION = ROOT / "tests" / "nodes" / "brand_new.txt"


@pytest.fixture
def extended(tmp_path: Path) -> Path:
    """A copy of the pack with one declaration more."""
    pack = tmp_path / "pack"
    pack.mkdir()
    for part in (ROOT / name for name in PACK):
        if part.is_dir():
            shutil.copytree(part, pack / part.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(part, pack)
    shutil.copy2(DECLARATION, pack / "volcv_client" / "catalog" / "models" / "brand_new.py")
    return pack


def test_a_declaration_is_all_it_takes(comfy: Path, extended: Path, tmp_path: Path) -> None:
    answer = success({"binary_data_base64": [base64.b64encode(png(64, 48, "RGBA")).decode()]})
    with WireServer(Script(send=response(answer))) as gateway:
        settings = {"VOLCV_API_KEY": "canary", "VOLCV_BASE_URL": gateway.url}
        with (
            ComfyServer(comfy, tmp_path / "comfy", settings, pack=extended) as server,
            Client(server.url) as client,
        ):
            shown = client.object_info()["Volcv_brand_new_v9_0"]
            assert shown["output"] == ["IMAGE", "STRING", "STRING", "MASK"]
            assert "look" in shown["input"]["required"] and shown["category"] == "Volcengine CV/Edit"
            graph = {
                "1": node("EmptyImage", "Picture", width=64, height=48, batch_size=1, color=255),
                "2": node(
                    "Volcv_brand_new_v9_0", "New", image=["1", 0], prompt="go", look="dark", power=0.5, seed=-1, count=1
                ),
                "3": node("MaskToImage", "Mask", mask=["2", 3]),
                "4": node("PreviewImage", "Show", images=["3", 0]),
            }
            run = client.run(graph)
            assert run.end == "execution_success", run.error
    assert len(gateway.requests) == 1

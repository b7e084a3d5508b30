"""A declaration that is added while the program runs is a working model, with no other change."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from volcv_pack.nodes.runner import run_model
from volcv_pack.volcv_client import catalog, cli

from tests.client.helpers import png, success
from tests.client.wire import Script, WireServer, response

DECLARATION = Path(__file__).with_name("brand_new.txt").read_text(encoding="ascii")


class Silent:
    def status(self, text: str) -> None: ...

    def outcome(self, status: Any) -> None: ...

    async def progress(self, done: float, total: int) -> None: ...

    def interrupted(self) -> bool:
        return False


@pytest.fixture
def added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The new model, declared in a folder beside the catalog's own."""
    (tmp_path / "brand_new.py").write_text(DECLARATION, encoding="ascii")
    monkeypatch.setattr(catalog.models, "__path__", [*catalog.models.__path__, str(tmp_path)])
    yield catalog.model("brand_new_v9.0")
    sys.modules.pop(f"{catalog.models.__name__}.brand_new", None)


def test_it_runs_as_a_node(added: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture = base64.b64encode(png(6, 5, "RGBA")).decode()
    answer = success({"binary_data_base64": [picture], "novelty": "it is new"})
    with WireServer(Script(send=response(answer))) as server:
        for name, value in {"HOME": tmp_path / "home", "API_KEY": "canary", "BASE_URL": server.url}.items():
            monkeypatch.setenv(f"VOLCV_{name}", str(value))
        given = {"image": torch.zeros(1, 8, 9, 3), "mask": torch.ones(1, 4, 4), "prompt": "go", "look": "dark"}
        result = asyncio.run(run_model(added, given, Silent()))
        sent = json.loads(server.requests[0].partition(b"\r\n\r\n")[2])
    assert sent["req_key"] == "brand_new_v9.0" and len(sent["binary_data_base64"]) == 2
    assert (sent["look"], sent["args"], sent["seed"]) == ([{"id": 4}], {"power": 0.5}, -1)
    assert result.images.shape == (1, 5, 6, 3) and result.mask.shape == (1, 5, 6)
    assert result.text == "it is new"


def test_the_command_knows_it(added: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert added.node_id == "Volcv_brand_new_v9_0"
    assert cli.main(["show", "brand_new_v9.0"]) == 0
    assert "look" in capsys.readouterr().out

"""What counts as breaking saved graphs."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from . import files, snapshot

INFO: dict[str, Any] = {
    "Volcv_x": {
        "display_name": "X",
        "category": "Volcengine CV/Tools",
        "description": "",
        "input": {
            "required": {
                "width": ["INT", {"default": 512, "min": 1, "max": 2048, "step": 1, "tooltip": "Width."}],
                "mode": [
                    "COMFY_DYNAMICCOMBO_V3",
                    {
                        "options": [
                            {"key": "a", "inputs": {"required": {"size": ["INT", {"default": 1, "min": 0}]}}},
                            {"key": "b", "inputs": {"required": {}}},
                        ]
                    },
                ],
            },
            "optional": {"light": ["COMBO", {"default": "top", "options": ["top", "left"], "advanced": True}]},
        },
        "input_order": {"required": ["width", "mode"], "optional": ["light"]},
        "output": ["IMAGE", "STRING"],
        "output_name": ["images", "text"],
        "output_tooltips": ["Pictures.", None],
    },
    "LoadImage": {},
}
Node = dict[str, Any]


def test_a_snapshot_keeps_the_packs_nodes_only() -> None:
    node = snapshot.take(INFO)["Volcv_x"]
    assert list(snapshot.take(INFO)) == ["Volcv_x"]
    assert [one["id"] for one in node["inputs"]] == ["width", "mode", "light"]
    assert [one["required"] for one in node["inputs"]] == [True, True, False]
    assert node["inputs"][0]["default"] == 512 and node["inputs"][0]["max"] == 2048
    assert node["inputs"][1]["options"][0]["inputs"][0]["id"] == "size"
    assert node["inputs"][2]["advanced"] is True
    assert node["outputs"] == [
        {"name": "images", "type": "IMAGE", "tooltip": "Pictures."},
        {"name": "text", "type": "STRING", "tooltip": ""},
    ]


def new_input(**more: Any) -> dict[str, Any]:
    return {"id": "new", "type": "INT", "required": False, "default": 0, **more}


BREAKING: dict[str, Callable[[Node], object]] = {
    "inputs were": lambda node: node["inputs"].reverse(),
    "inputs were ['width'": lambda node: node["inputs"].insert(0, new_input()),
    "new: is new and required": lambda node: node["inputs"].append(new_input(required=True)),
    "width: default was 512, is 640": lambda node: node["inputs"][0].update(default=640),
    "width: type was 'INT', is 'FLOAT'": lambda node: node["inputs"][0].update(type="FLOAT"),
    "width: min was 1, is 64": lambda node: node["inputs"][0].update(min=64),
    "width: max was 2048, is 1024": lambda node: node["inputs"][0].update(max=1024),
    "width: step was 1, is 8": lambda node: node["inputs"][0].update(step=8),
    "width: control_after_generate": lambda node: node["inputs"][0].update(control_after_generate="fixed"),
    "light: was optional, is required": lambda node: node["inputs"][2].update(required=True),
    "light: option 'left' is gone": lambda node: node["inputs"][2]["options"].remove("left"),
    "mode: option 'b' is gone": lambda node: node["inputs"][1]["options"].pop(),
    "mode: a: size: default": lambda node: node["inputs"][1]["options"][0]["inputs"][0].update(default=2),
    "outputs were": lambda node: node["outputs"].reverse(),
    "outputs were [('images', 'IMAGE'), ('text'": lambda node: node["outputs"].pop(),
}


@pytest.mark.parametrize("problem", BREAKING)
def test_a_breaking_change_is_named(problem: str) -> None:
    old = snapshot.take(INFO)
    new = copy.deepcopy(old)
    BREAKING[problem](new["Volcv_x"])
    found = snapshot.breaks(old, new)
    assert len(found) == 1 and problem in found[0]


HARMLESS: dict[str, Callable[[Node], object]] = {
    "optional input at the end": lambda node: node["inputs"].append(new_input()),
    "further option": lambda node: node["inputs"][2]["options"].append("right"),
    "further arm": lambda node: node["inputs"][1]["options"].append({"key": "c", "inputs": []}),
    "wider range": lambda node: node["inputs"][0].update(min=0, max=4096),
    "no range": lambda node: node["inputs"][0].pop("max"),
    "output at the end": lambda node: node["outputs"].append({"name": "mask", "type": "MASK", "tooltip": ""}),
    "text": lambda node: node.update(description="New.", display_name="Y"),
    "optional now": lambda node: node["inputs"][0].update(required=False),
}


@pytest.mark.parametrize("change", HARMLESS)
def test_a_harmless_change_is_not_named(change: str) -> None:
    old = snapshot.take(INFO)
    new = copy.deepcopy(old)
    HARMLESS[change](new["Volcv_x"])
    assert snapshot.breaks(old, new) == []


def test_a_node_that_is_gone_is_named() -> None:
    assert snapshot.breaks(snapshot.take(INFO), {}) == ["Volcv_x is gone"]


def test_the_committed_snapshot_is_as_the_generator_writes_it() -> None:
    assert snapshot.FILE.read_text(encoding="utf-8") == files.as_text(snapshot.load())

"""The examples as they are written down; no ComfyUI needed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.workflows.generate import FOLDER, NOTES, ROOT, pack_version
from tests.workflows.graphs import EXAMPLES, Example
from tests.workflows.parts import SHOWING

TITLES = [one.title for one in EXAMPLES]
each_example = pytest.mark.parametrize("one", EXAMPLES, ids=TITLES)


def committed(one: Example) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{one.title}.json").read_text(encoding="utf-8"))
    return found


def test_every_node_is_in_an_example() -> None:
    pack = set(json.loads((ROOT / "node_list.json").read_text(encoding="utf-8")))
    assert pack - {node["class_type"] for one in EXAMPLES for node in one.graph.values()} == set()


def test_titles_name_the_task_first() -> None:
    assert all(len(title.split(" - ")) == 2 for title in TITLES)
    assert len(set(TITLES)) == len(TITLES)


def test_needed_results_come_first() -> None:
    for position, one in enumerate(EXAMPLES):
        assert not one.after or one.after in TITLES[:position]


@each_example
def test_no_picture_of_the_users(one: Example) -> None:
    """A file that has to be there first would keep the example from running on another machine."""
    assert not {node["class_type"] for node in one.graph.values()} & {"LoadImage", "LoadImageMask"}


@each_example
def test_every_node_has_one_task(one: Example) -> None:
    members = [key for task in one.tasks.values() for key in task]
    assert sorted(members) == sorted(one.graph)
    assert one.results
    assert all(one.graph[key]["class_type"] in SHOWING for key in one.results)


@each_example
def test_note_in_both_languages(one: Example) -> None:
    notes = json.loads(NOTES.read_text(encoding="utf-8"))
    assert set(notes) == {*TITLES, "setup"}
    (note,) = (node for node in committed(one)["nodes"] if node["type"] == "MarkdownNote")
    (text,) = note["widgets_values"]
    for language in ("en", "zh"):
        assert notes[one.title][language] in text
        assert notes["setup"][language] in text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in notes[one.title]["zh"])


@each_example
def test_missing_nodes_can_be_found(one: Example) -> None:
    """Pack and version are in the file, so that ComfyUI can say where a node comes from."""
    for node in committed(one)["nodes"]:
        if node["type"].startswith("Volcv_"):
            assert (node["properties"]["cnr_id"], node["properties"]["ver"]) == ("volcv", pack_version())

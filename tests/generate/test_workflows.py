"""The examples as they are written down; no ComfyUI needed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.generate.files import ROOT, pack_version
from tests.generate.locales import every_input
from tests.generate.snapshot import load
from tests.generate.workflows import EXAMPLES, Example, example
from tests.generate.workflows.default import graph_name, mask_nodes, of_model
from tests.generate.workflows.files import SETUP, note_of, path_of, written_notes, written_titles
from tests.generate.workflows.parts import SHOWING
from volcv_client.catalog import Model, all_models
from volcv_client.catalog.examples import example_of

TITLES = [one.title for one in EXAMPLES]
each_example = pytest.mark.parametrize("one", EXAMPLES, ids=TITLES)


def committed(one: Example) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path_of(one).read_text(encoding="utf-8"))
    return found


def test_every_node_is_in_an_example() -> None:
    pack = set(json.loads((ROOT / "node_list.json").read_text(encoding="utf-8")))
    pack.remove("Volcv_recall_video")  # used like Volcv_recall, which has an example
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
def test_results_are_shown_and_columns_are_complete(one: Example) -> None:
    assert one.results
    assert all(one.graph[key]["class_type"] in SHOWING for key in one.results)
    assert not one.columns or sorted(key for column in one.columns for key in column) == sorted(one.graph)


def test_every_title_is_translated_and_used() -> None:
    used = {node["_meta"]["title"] for one in EXAMPLES for node in one.graph.values()} - {""}
    assert written_titles().keys() == used | {"About this workflow"}


@each_example
def test_note_in_both_languages(one: Example) -> None:
    written = written_notes()
    assert set(written) == {SETUP, *(title for title in TITLES if title in written)}
    assert one.title in written or one.made_from
    (note,) = (node for node in committed(one)["nodes"] if node["type"] == "MarkdownNote")
    (text,) = note["widgets_values"]
    for language in ("en", "zh"):
        assert note_of(one)[language] in text
        assert written[SETUP][language] in text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in note_of(one)["zh"])


@each_example
def test_missing_nodes_can_be_found(one: Example) -> None:
    """Pack and version are in the file, so that ComfyUI can say where a node comes from."""
    for node in committed(one)["nodes"]:
        if node["type"].startswith("Volcv_"):
            assert (node["properties"]["cnr_id"], node["properties"]["ver"]) == ("volcv", pack_version())


@pytest.mark.parametrize("one", all_models(), ids=lambda one: one.node_id)
def test_a_model_s_declared_example_is_a_workflow(one: Model) -> None:
    """Every input of it is one of the node's, and pictures, masks and the model are connected."""
    made = of_model(one)
    *before, (key, made_by), (saved, saving) = made.graph.items()
    assert (made_by["class_type"], made.results) == (one.node_id, (saved,))
    assert saving["class_type"] == ("SaveVideo" if one.video else "SaveImage")
    known = {path for path, _ in every_input(load()[one.node_id]["inputs"])}
    assert made_by["inputs"].keys() <= known
    links = [value for node in made.graph.values() for value in node["inputs"].values() if isinstance(value, list)]
    assert {source for source, _ in links} == {name for name, _ in before} | {key}
    example = example_of(one)
    assert made_by["inputs"].keys() == {
        graph_name(one, name) for name in (*example.values, *example.pictures, *example.masks)
    }
    assert note_of(made)["en"].startswith(f"**{example.title}**")


def test_a_mask_s_box_is_put_where_the_example_selects_it() -> None:
    empty, box, put = (one["inputs"] for one in mask_nodes((200, 100), (0.25, 0.1, 0.5, 0.9), 2))
    assert (empty["width"], empty["height"], empty["value"]) == (200, 100, 0.0)
    assert (box["width"], box["height"], box["value"]) == (50, 80, 1.0)
    assert (put["x"], put["y"], put["destination"], put["source"]) == (50, 10, ["2", 0], ["3", 0])


def test_the_comparison_has_models_that_need_only_a_text() -> None:
    graph = example("Text to image - Compare models").graph
    compared = {node["class_type"] for node in graph.values()} & {model.node_id for model in all_models()}
    assert len(compared) == 3
    for model in all_models():
        if model.node_id in compared:
            assert (model.group, model.native_only) == ("Text to image", False)
            assert [one.name for one in model.all_inputs() if getattr(one, "required", False)] == ["prompt"]

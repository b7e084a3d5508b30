"""Every node has a help page in both languages, with tables that say what the catalog says."""

from __future__ import annotations

import re

import pytest
from PIL import Image

from . import help as pages
from . import locales, pictures, snapshot, table
from .__main__ import left_over

NODES = snapshot.load()
EACH = [(node_id, language) for node_id in NODES for language in locales.LANGUAGES]


def page(node_id: str, language: str) -> str:
    return pages.page(NODES, node_id, language)


def test_nothing_is_left_over() -> None:
    assert left_over(["help"], NODES) == []
    assert pages.problems(NODES) == []


@pytest.mark.parametrize("node_id", NODES)
def test_the_fallback_is_english(node_id: str) -> None:
    """The frontend asks for <NodeId>/<locale>.md, then for <NodeId>.md, and never for en.md in its place."""
    fallback = (pages.FOLDER / f"{node_id}.md").read_text(encoding="utf-8")
    assert fallback == (pages.FOLDER / node_id / "en.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("node_id", "language"), EACH)
def test_the_page_has_every_part(node_id: str, language: str) -> None:
    text = page(node_id, language)
    for one in (one for _, one in locales.every_input(NODES[node_id]["inputs"])):
        assert re.search(rf"^\| [^`]*`{one['id']}`<br>", text, re.MULTILINE), one["id"]
    for output in NODES[node_id]["outputs"]:
        assert f"`{output['name']}`" in text
    heads = re.findall(r"^## .+$", text, re.MULTILINE)
    charged = node_id in locales.catalog()
    assert len(heads) == (5 if charged else 4)
    if charged:
        model = locales.catalog()[node_id]
        assert model.page in text
        assert (f"`{model.req_key}`" in text) is not model.any_req_key


@pytest.mark.parametrize("node_id", NODES)
def test_both_languages_have_the_same_shape(node_id: str) -> None:
    """As many headings, table rows, list items and paragraphs of tips in one as in the other."""
    shapes = [
        [re.match(r"#+|\||-|!|\*|", line)[0] for line in page(node_id, language).splitlines()]  # type: ignore[index]
        for language in locales.LANGUAGES
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize(("node_id", "language"), EACH)
def test_tables_are_well_formed(node_id: str, language: str) -> None:
    for block in page(node_id, language).split("\n\n"):
        if block.startswith("|"):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}
            assert len(widths) == 1, block[:80]
            assert set(block.splitlines()[1]) <= set("| -")


@pytest.mark.parametrize(("node_id", "language"), EACH)
def test_known_ranges_are_on_the_page(node_id: str, language: str) -> None:
    lines = page(node_id, language).splitlines()
    for row in table.rows(NODES, node_id, language):
        advice = getattr(row.declared, "advice", None)
        if advice:
            line = next(line for line in lines if line.startswith("|") and f"`{row.one['id']}`<br>" in line)
            assert row.say("advised", low=table.shown(advice.low), high=table.shown(advice.high)) in line


@pytest.mark.parametrize(("node_id", "language"), EACH)
def test_pictures_resolve_and_are_small(node_id: str, language: str) -> None:
    """ComfyUI resolves links of every page from web/docs."""
    links = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page(node_id, language))
    assert links == [f"pictures/{node_id}.jpg"]
    path = pages.FOLDER / links[0]
    assert path.stat().st_size <= pictures.MOST_BYTES
    with Image.open(path) as picture:
        picture.load()
        assert picture.format == "JPEG" and picture.width == pictures.WIDTH

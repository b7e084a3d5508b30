"""Both languages are complete, current and fit for the frontend."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from volcv_client.catalog import all_models
from volcv_client.catalog.shared import RUN_OPTIONS

from . import files, locales, snapshot, table
from .__main__ import TEXTS

NODES = snapshot.load()
ENGLISH = locales.flat(locales.definitions(NODES, "en"))
CHINESE = locales.flat(locales.load("zh", "nodeDefs"))
CJK = re.compile(r"[\u4e00-\u9fff]")
NUMBER = re.compile(r"\d+(?:\.\d+)?")
LATIN = re.compile(r"[A-Za-z0-9_.]*[A-Za-z][A-Za-z0-9_.]*")
RESOLUTION = re.compile(r"\d+(?:[pk]|x\d+)")
"""Choices that say the same in both languages, such as 720p and 1472x1104."""
SYNTAX = "|@{}"
"""Characters with a meaning to vue-i18n."""

SAME_IN_BOTH: frozenset[str] = frozenset()
"""Paths of texts that are a proper name and nothing else."""
NAMES = frozenset(
    {"AI", "CFG", "ControlNet", "ID", "JSON", "Pro", "req_key", "s", "http", "x", "canny", "depth", "pose"}
    | {"image_urls", "request_id", "seconds", "seed", "table", "room", "warm", "tone"}
    | {"Volcengine", "CV", "SeedEdit", "XL", "HDR", "1080p", "4K", "8K", "binary_data_base64", "frames"}
    | {"OmniHuman", "Agent", "ISO", "MB", "360p", "15s", "30s", "60s"}
)
"""Latin words that Chinese texts may hold: proper names, fields of the API, and the prompt example."""


@pytest.mark.parametrize("part", TEXTS)
def test_the_derived_files_are_current(part: str) -> None:
    assert files.stale(TEXTS[part](NODES)) == [], f"run python -m tests.generate {part}"


def test_nothing_is_missing_or_left_over_in_chinese() -> None:
    assert sorted(ENGLISH.keys() - CHINESE.keys()) == [], "missing"
    assert sorted(CHINESE.keys() - ENGLISH.keys()) == [], "left over"
    assert locales.problems(NODES) == []


def test_every_text_says_something() -> None:
    for texts in (ENGLISH, CHINESE):
        assert [path for path, text in texts.items() if not text.strip()] == []


def test_chinese_is_chinese() -> None:
    same = {path for path, text in CHINESE.items() if text == ENGLISH.get(path)}
    assert same == SAME_IN_BOTH
    assert [path for path, text in CHINESE.items() if not CJK.search(text) and path not in SAME_IN_BOTH] == []


@pytest.mark.parametrize("node_id", NODES)
def test_no_english_is_left(node_id: str) -> None:
    allowed = NAMES | set(fields(node_id)) | set(labels(node_id)) | {one["name"] for one in NODES[node_id]["outputs"]}
    if node_id in locales.catalog():
        allowed |= set(locales.catalog()[node_id].req_keys) | set(json_names(node_id))
    for path, text in of_node(CHINESE, node_id):
        strange = {word.rstrip(".") for word in LATIN.findall(text)} - allowed
        assert not strange, f"{path}: {strange}"


def test_no_text_holds_syntax_of_the_frontend() -> None:
    for language in locales.LANGUAGES:
        for name in ("main", "nodeDefs"):
            texts = locales.flat(locales.load(language, name))
            assert [path for path, text in texts.items() if any(mark in text for mark in SYNTAX)] == []


def test_numbers_are_the_same_in_both() -> None:
    for node_id in NODES:
        for path, text in prose(node_id):
            lost = set(NUMBER.findall(text)) - set(NUMBER.findall(CHINESE[path]))
            assert not lost, f"{path}: {lost}"


@pytest.mark.parametrize("node_id", NODES)
def test_fields_that_english_mentions_are_mentioned_in_chinese(node_id: str) -> None:
    words = {name for name in fields(node_id) if "_" in name}
    for path, text in prose(node_id):
        named = {name for name in words if re.search(rf"\b{name}\b", text)}
        lost = {name for name in named if name not in CHINESE[path]}
        assert not lost, f"{path}: {lost}"


@pytest.mark.parametrize("node_id", NODES)
def test_chinese_explains_every_choice(node_id: str) -> None:
    for path, one in locales.every_input(NODES[node_id]["inputs"]):
        text = CHINESE[f"{node_id}.inputs.{locales.key_of(path)}.tooltip"]
        for option in one.get("options", []):
            words = LATIN.findall(option["key"] if isinstance(option, dict) else option)
            said = (word in text or word == "Light" or RESOLUTION.fullmatch(word) for word in words)
            assert all(said), f"{path}: {option}"


@pytest.mark.parametrize("node_id", NODES)
def test_chinese_tooltips_end_with_range_and_field(node_id: str) -> None:
    """Errors and notes name a field; the node shows its Chinese name."""
    for row in table.rows(NODES, node_id, "zh"):
        field = row.field()
        assert row.text["tooltip"].endswith(field), row.path
        advice = getattr(row.declared, "advice", None)
        if advice:
            known = row.say("advice", low=table.shown(advice.low), high=table.shown(advice.high))
            assert row.text["tooltip"].removesuffix(field).endswith(known), row.path


def test_no_two_inputs_of_a_node_have_one_chinese_name() -> None:
    for node_id, texts in locales.load("zh", "nodeDefs").items():
        names = [one["name"] for one in texts["inputs"].values()]
        assert len(set(names)) == len(names), node_id


@pytest.mark.parametrize("language", locales.LANGUAGES)
def test_every_category_is_named(language: str) -> None:
    wanted = {segment for node in NODES.values() for segment in node["category"].split("/")}
    named = locales.load(language, "main")["nodeCategories"]
    assert named.keys() == wanted
    for segment, name in named.items():
        assert CJK.search(name) if language == "zh" else name == segment


@pytest.mark.parametrize("language", locales.LANGUAGES)
def test_the_template_browser_has_a_title_for_the_pack(language: str) -> None:
    """The key is the folder's name: the registry's id, or that of the repository."""
    titles = locales.load(language, "main")["templateWorkflows"]["category"]
    assert titles.keys() == {"volcv", "comfyui-volcv"}
    assert all("Volcengine CV" in title for title in titles.values())


def test_the_fixed_words_exist_in_both_languages() -> None:
    assert locales.words("en").keys() == locales.words("zh").keys()


def test_the_snapshot_follows_the_catalog() -> None:
    """What can be checked without a ComfyUI."""
    assert {model.node_id for model in all_models()} <= NODES.keys()
    for model in all_models():
        node = NODES[model.node_id]
        assert model.summary in node["description"] and model.title in node["display_name"]
        shown = dict(locales.every_input(node["inputs"]))
        by_id = {one["id"]: one for one in shown.values()}
        declared = {one.name: one for one in (*model.all_inputs(), *RUN_OPTIONS)}
        assert by_id.keys() == declared.keys()
        for name, one in by_id.items():
            assert one["tooltip"] == declared[name].help, f"{model.node_id}.{name}"
            if "default" in one:
                assert one["default"] == getattr(declared[name], "default"), f"{model.node_id}.{name}"  # noqa: B009


def fields(node_id: str) -> Iterator[str]:
    """The ids of a node's inputs."""
    for _, one in locales.every_input(NODES[node_id]["inputs"]):
        yield one["id"]


def json_names(node_id: str) -> Iterator[str]:
    """The names inside a node's JSON inputs."""
    for one in locales.catalog()[node_id].all_inputs():
        yield from getattr(one, "fields_allowed", ())


def labels(node_id: str) -> Iterator[str]:
    """The words of a node's choices."""
    for _, one in locales.every_input(NODES[node_id]["inputs"]):
        for option in one.get("options", []):
            yield from LATIN.findall(option["key"] if isinstance(option, dict) else option)


def prose(node_id: str) -> Iterator[tuple[str, str]]:
    """The English descriptions and tooltips of a node."""
    for path, text in of_node(ENGLISH, node_id):
        if path.endswith((".tooltip", ".description")):
            yield path, text


def of_node(texts: dict[str, str], node_id: str) -> Iterator[tuple[str, str]]:
    for path, text in texts.items():
        if path.startswith(f"{node_id}."):
            yield path, text


CODE = re.compile(r"`[^`]*`|\"sandbox\"|\w+=sandbox|(?:volcv|volcv_client) sandbox")
"""Where the English word may stand in a Chinese text: names of commands, profiles and values."""
CHINESE_TEXTS = (
    *(files.ROOT / "locales" / "zh").rglob("*.*"),
    *(files.ROOT / "web" / "docs").rglob("zh.md"),
    *(files.ROOT / "tests" / "generate" / "workflows").glob("*.json"),
    *(files.ROOT / "example_workflows").glob("*.json"),
    *(files.ROOT / "subgraphs").glob("*.json"),
    files.ROOT / "volcv_client" / "messages" / "zh.json",
    files.ROOT / "web" / "strings.json",
    files.ROOT / "README.zh.md",
)


def texts_of(tree: object) -> Iterator[str]:
    """Every text of a JSON file."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for inner in tree.values() if isinstance(tree, dict) else tree:
            yield from texts_of(inner)


@pytest.mark.parametrize("path", CHINESE_TEXTS, ids=lambda path: path.relative_to(files.ROOT).as_posix())
def test_the_sandbox_has_one_name_in_chinese(path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    texts = texts_of(json.loads(written)) if path.suffix == ".json" else [written]
    for line in (line for text in texts for line in text.splitlines() if CJK.search(line)):
        assert "sandbox" not in CODE.sub("", line).lower(), line

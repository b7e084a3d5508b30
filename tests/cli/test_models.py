"""``list``, ``show``, ``--help``: the declarations as people and programs see them."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from volcv_client import catalog, labels
from volcv_client.catalog import spec
from volcv_client.catalog.shared import RUN_OPTIONS
from volcv_client.catalog.spec import Branch, Choice, Input, Model, Picture, Switch, WireInput
from volcv_client.cli.describe import kind_name
from volcv_client.cli.options import KINDS, flag, kind_of
from volcv_client.cli.parser import slug

from .conftest import Command

MODELS = catalog.models()


def every_kind() -> list[type[Input]]:
    return [one for one in vars(spec).values() if isinstance(one, type) and issubclass(one, Input)]


def test_list_names_every_model(volcv: Command) -> None:
    lines = volcv("list").out.splitlines()
    assert len(lines) == len(MODELS)
    for model, line in zip(MODELS, lines, strict=True):
        assert all(text in line for text in (model.req_key, model.title, model.group, model.node_id))
    assert [row["req_key"] for row in json.loads(volcv("list", "--json").out)] == [m.req_key for m in MODELS]


def test_list_filters_by_group(volcv: Command) -> None:
    groups = list(dict.fromkeys(model.group for model in MODELS))
    for chosen in (groups[:1], groups[:2], groups):
        expected = [model.req_key for model in MODELS if model.group in chosen]
        spelled = [group.upper().replace(" ", "_") for group in chosen]
        for arguments in (["--group", *spelled], [text for one in spelled for text in ("--group", one)]):
            assert [line.split()[0] for line in volcv("list", *arguments).out.splitlines()] == expected
            rows = json.loads(volcv("list", *arguments, "--json").out)
            assert [row["req_key"] for row in rows] == expected


def test_list_as_json_says_enough_to_choose(volcv: Command) -> None:
    for model, row in zip(MODELS, json.loads(volcv("list", "--json").out), strict=True):
        assert list(row) == ["req_key", "node_id", "title", "group", "action", "summary", "inputs"]
        shown = json.loads(volcv("show", model.req_key, "--json").out)
        assert row["inputs"] == len(shown["inputs"])
        assert row["summary"] == model.summary and row["action"].startswith("CV")


def test_an_unknown_group_is_told_with_the_groups(volcv: Command) -> None:
    ran = volcv("list", "--group", "nope")
    assert (ran.code, ran.out) == (2, "") and "nope" in ran.err
    assert all(slug(model.group.replace("&", "")) in ran.err for model in MODELS)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.req_key)
def test_help_has_every_field_as_an_option(volcv: Command, model: Model) -> None:
    ran = volcv("run", model.req_key, "--help")
    assert ran.code == 0
    text = " ".join(ran.out.split())
    for one in (*model.all_inputs(), *RUN_OPTIONS):
        assert re.search(rf"{flag(one.name)}[ ,]", text)
        # Lines are also broken at hyphens.
        assert isinstance(one, spec.Watermark) or one.tooltip.split(".")[0].replace(" ", "") in text.replace(" ", "")
        if isinstance(one, Switch):
            assert f"--no-{flag(one.name)[2:]} " in text
        if isinstance(one, (Choice, Branch)):
            assert f"default {one.default}" in text


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.req_key)
def test_show_says_everything(volcv: Command, model: Model) -> None:
    text = volcv("show", model.node_id).out
    told = json.loads(volcv("show", model.req_key, "--json").out)
    by_name = {one["name"]: one for one in told["inputs"]}
    assert model.page in text and told["req_key"] == model.req_key
    for one in (*model.all_inputs(), *RUN_OPTIONS):
        facts = by_name[one.name]
        assert f"\n  {one.name}  (" in text
        assert facts["tooltip"] == one.tooltip and facts["origin"] == one.origin.value
        if isinstance(one, WireInput):
            assert facts["wire"] == list(one.paths)
        if isinstance(one, Picture) and one.uri_path:
            assert facts["uri_path"] == one.uri_path and one.uri_path in text
        if isinstance(one, (Choice, Branch)):
            assert list(facts["choices"]) == list(one.options)
    for name in model.fixed:
        assert name in text


def test_every_kind_of_input_is_known_to_the_command() -> None:
    bases = {Input, WireInput}
    for kind in set(every_kind()) - bases:
        assert any(base in KINDS for base in kind.__mro__), kind
    for model in MODELS:
        for one in model.all_inputs():
            assert kind_of(one) and kind_name(one)


def test_unknown_model_and_arguments_are_usage_errors(volcv: Command) -> None:
    for arguments in (["show", "nope"], ["run", "nope"], ["list", "--nope"], ["frobnicate"], [], ["config"]):
        ran = volcv(*arguments)
        assert ran.code == 2
        assert ran.out == "" and ran.err


def test_help_tells_the_exit_codes(volcv: Command) -> None:
    ran = volcv("--help")
    assert ran.code == 0
    assert all(code in ran.out for code in ("\n  0 ", "\n  1 ", "\n  2 ", "\n  130 "))
    assert volcv("--version").out.startswith("volcv ")


def test_help_is_also_chinese(volcv: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_LANG", "zh")
    for arguments in (["--help"], ["run", "i2i_outpainting", "--help"], ["show", "i2i_outpainting"], ["nope"]):
        ran = volcv(*arguments)
        assert not (ran.out + ran.err).isascii()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.req_key)
def test_models_are_described_in_chinese(volcv: Command, monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    monkeypatch.setenv("VOLCV_LANG", "zh")
    shown, help_text = volcv("show", model.req_key).out, volcv("run", model.req_key, "--help").out
    for english in (model.title, model.summary, *(one.tooltip for one in (*model.all_inputs(), *RUN_OPTIONS))):
        assert english not in shown and english not in help_text
    assert "\uff08\u5b57\u6bb5" not in shown + help_text, "the field's name stands before its tooltip"


def test_list_is_chinese_and_takes_groups_in_both_languages(volcv: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    english = volcv("list", "--group", "video", "--json").out
    monkeypatch.setenv("VOLCV_LANG", "zh")
    (line,) = volcv("list", "--group", "video").out.splitlines()
    assert not line.isascii() and volcv("list", "--group", line.split()[-2]).out.splitlines() == [line]
    assert volcv("list", "--group", "video", "--json").out == english


def test_without_the_folder_of_translations_english_is_left(
    volcv: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VOLCV_LANG", "zh")
    monkeypatch.setattr(labels, "LOCALES", tmp_path)
    labels.locale_file.cache_clear()
    model = MODELS[0]
    assert all(text in volcv("show", model.req_key).out for text in (model.title, model.summary, model.group))
    labels.locale_file.cache_clear()


@pytest.mark.parametrize("model", [model for model in MODELS if model.name], ids=lambda model: model.name)
def test_a_family_is_found_by_its_name(volcv: Command, model: Model) -> None:
    assert volcv("show", model.name).out == volcv("show", model.req_key).out


def test_help_and_list_load_nothing_heavy() -> None:
    from subprocess import DEVNULL, PIPE, Popen

    code = (
        "import sys; from volcv_client.__main__ import main; main(['list']); main(['--help']);"
        "sys.exit(bool({'numpy', 'PIL', 'requests', 'sqlite3'} & set(sys.modules)))"
    )
    with Popen([sys.executable, "-c", code], stdout=DEVNULL, stderr=PIPE) as process:
        assert process.wait(30) == 0, process.stderr and process.stderr.read()

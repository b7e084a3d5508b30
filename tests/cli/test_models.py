"""``list``, ``show``, ``--help``: the declarations as people and programs see them."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from volcv_client import catalog
from volcv_client.catalog import labels, spec
from volcv_client.catalog.shared import RUN_OPTIONS
from volcv_client.catalog.spec import Branch, Choice, Input, Model, Origin, Picture, PictureLimits, Switch, WireInput
from volcv_client.cli.describe import PLAIN_KINDS
from volcv_client.cli.job_reader import READERS
from volcv_client.cli.options import KINDS, flag
from volcv_client.cli.parser import Parser, UsageError, slug, translated
from volcv_client.messages import say

from .conftest import Command

MODELS = catalog.all_models()


def every_kind() -> list[type[Input]]:
    classes = [one for one in vars(spec).values() if isinstance(one, type) and issubclass(one, Input)]
    return [one for one in classes if hasattr(one, "kind")]


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
        assert row["summary"] == model.summary
        assert row["action"] == next(iter(model.modes.values())).action


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
        assert facts["tooltip"] == one.tooltip
        assert facts["origin"] == (None if one in RUN_OPTIONS else one.origin.value)
        if isinstance(one, WireInput):
            assert facts["wire"] == list(one.paths)
        if isinstance(one, Picture) and one.uri_path:
            assert facts["uri_path"] == one.uri_path and one.uri_path in text
        if isinstance(one, (Choice, Branch)):
            assert list(facts["choices"]) == list(one.options)
    for name in model.fixed:
        assert name in text


def words_of(model: Model) -> dict[str, list[str]]:
    """Field of the declaration -> what ``show`` must say of it; nothing where it says nothing."""
    return {
        "req_key": [model.req_key],
        "title": [model.title],
        "group": [model.group],
        "summary": [model.summary],
        "page": [model.page],
        "inputs": [f"\n  {one.name}  (" for one in model.all_inputs()],
        "name": [f"Volcv_{model.name}"] if model.name else [],
        "fixed": [f'"{name}": ' for name in model.fixed],
        "requires": [" or ".join(one.any_of) for one in model.requires],
        "areas": [f"{one.width} x {one.height}: {one.low} to {one.high} pixels" for one in model.areas],
        "texts": [*model.texts],
        "outputs": [one.value for one in model.outputs],
        "limits": [],
        "modes": [text for one in model.modes.values() for text in (one.action, one.result_action)],
        "repeatable": ["an equal request is answered"] if model.repeatable else [],
        "takes_links": ["takes links to pictures"] if model.takes_links else [],
        "links_at": [],
        "variants": [*model.variants],
        "successor": [f"names {model.successor}"] if model.successor else [],
        "native_only": ["Volcengine's own service only"] if model.native_only else [],
        "service_seconds": [f"{model.service_seconds:g} s"],
        "aliases": [*model.aliases],
        "prices": [text for price in model.prices.values() for text in (f"CNY {price.amount:.2f}", price.source)],
        "single_field": [],
        "video_length": [],
        "example": [],
    }


def words_of_limits(limits: PictureLimits) -> dict[str, list[str]]:
    inline = [f"inside one request: at most {limits.max_inline_base64}"]
    return {
        "max_side": [f"at most {limits.max_side} pixels a side"],
        "max_base64": [f"{limits.max_base64} characters"],
        "max_total_base64": [f"{limits.max_total_base64} together"],
        "origin": [f"together ({say(f'cli.origin.{limits.origin.name.lower()}')})"],
        "min_side": [f"at least {limits.min_side} pixels a side"] if limits.min_side else [],
        "max_ratio": [f"at most {limits.max_ratio:g} times the short"] if limits.max_ratio else [],
        "max_inline_base64": inline if limits.max_inline_base64 else [],
        "inline_side": [f"reduced to {limits.inline_side} pixels a side"] if limits.inline_side else [],
    }


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.req_key)
def test_no_field_of_a_declaration_is_forgotten(volcv: Command, model: Model) -> None:
    text = volcv("show", model.req_key).out
    told = json.loads(volcv("show", model.req_key, "--json").out)
    declared = json.loads(json.dumps(asdict(model)))
    for words, kind in ((words_of(model), Model), (words_of_limits(model.limits), PictureLimits)):
        for one in fields(kind):
            assert all(word in text for word in words[one.name]), one.name
    for one in fields(Model):
        if one.name != "inputs":
            assert told[{"limits": "picture_limits"}.get(one.name, one.name)] == declared[one.name], one.name
    assert told["picture_limits"].keys() == {one.name for one in fields(PictureLimits)}


def test_show_says_nothing_of_what_a_model_does_not_have(volcv: Command) -> None:
    text = volcv("show", "high_aes_general_v14").out
    unsaid = "an equal request|takes links|inside one request|own service only|at least .* a side|times the short"
    assert not re.search(unsaid, text)


def test_no_page_is_said_to_state_what_steers_only_the_pack(volcv: Command) -> None:
    text = volcv("show", "high_aes_general_v14").out
    sections = {part.split()[0]: part for part in re.split(r"\n  (?=\w+  \()", text)[1:]}
    assert all("stated by" not in sections[one.name] for one in RUN_OPTIONS)
    assert "stated by: seed page" in sections["prompt"] and "rarely used" in sections["on_refusal"]


@pytest.mark.parametrize("one", Origin, ids=lambda one: one.name)
def test_who_states_a_fact_is_said_in_both_languages(monkeypatch: pytest.MonkeyPatch, one: Origin) -> None:
    key = f"cli.origin.{one.name.lower()}"
    assert say(key).isascii()
    monkeypatch.setenv("VOLCV_LANG", "zh")
    assert not say(key).isascii()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.req_key)
def test_show_names_origins_in_chinese(volcv: Command, monkeypatch: pytest.MonkeyPatch, model: Model) -> None:
    monkeypatch.setenv("VOLCV_LANG", "zh")
    label = say("cli.show.origin", origin="")
    lines = [line for line in volcv("show", model.req_key).out.splitlines() if label in line]
    assert lines and all(not line.split(label)[1].isascii() for line in lines)


def test_every_kind_of_input_is_known_to_the_command() -> None:
    assert KINDS.keys() == READERS.keys() == {kind.kind for kind in every_kind()}
    assert {input_.kind for model in MODELS for input_ in model.all_inputs()} <= KINDS.keys()
    assert all(say(f"cli.kind.{PLAIN_KINDS.get(kind, kind)}") for kind in KINDS)


def test_unknown_model_and_arguments_are_usage_errors(volcv: Command) -> None:
    for arguments in (["show", "nope"], ["run", "nope"], ["list", "--nope"], ["frobnicate"], [], ["config"]):
        ran = volcv(*arguments)
        assert ran.code == 2
        assert ran.out == "" and ran.err


COMPLAINTS = {
    "bogus": r"'bogus' is none of list, show, run",
    "config bogus": r"'bogus' is none of show, set",
    "bench --only bogus": r"--only: 'bogus' is none of ",
    "run high_aes_general_v14 --prompt": r"--prompt: expected one argument",
    "run high_aes_general_v14 --seed": r"--seed: expected one argument",
    "run high_aes_general_v14 --seed many": r"--seed: 'many' is not a whole number",
    "run high_aes_general_v14 --scale much": r"--scale: 'much' is not a number",
    "run high_aes_general_v14 --on-refusal cry": r"--on-refusal: 'cry' is none of fail, skip",
    "run high_aes_general_v14 --no-use-rephraser=yes": r"--no-use-rephraser: takes no value, but 'yes' is given",
    "run high_aes_general_v14 --bogus": r"unknown arguments: --bogus",
    "list --group": r"--group: expected at least one argument",
    "list --group bogus": r"--group: 'bogus' is none of ",
    "list --json=yes": r"--json: takes no value, but 'yes' is given",
    "history -n": r"-n: expected one argument",
    "history -n 0": r"-n: '0' is less than 1",
    "show": r"the following arguments are required: KEY",
    "recall": r"the following arguments are required: REQUEST_ID",
    "config": r"the following arguments are required: ACTION",
    "config set": r"the following arguments are required: FIELD",
}
"""Command line -> what is said of it in English."""
ENGLISH = re.compile(
    r"\b(the|is|are|of|but|with|arguments?|invalid|choice|choose|expected|required|explicit|given|value|number)\b"
)


@pytest.mark.parametrize("line", COMPLAINTS)
def test_complaints_about_the_command_line_are_in_the_language_in_force(
    volcv: Command, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    english = volcv(*line.split())
    assert (english.code, english.out) == (2, "") and COMPLAINTS[line] in english.err
    monkeypatch.setenv("VOLCV_LANG", "zh")
    chinese = volcv(*line.split())
    assert (chinese.code, chinese.out) == (2, "") and not chinese.err.isascii()
    assert not ENGLISH.search(chinese.err)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--one", "--other", "x"], "argument --other: not allowed with argument --one"),
        (["--pair", "x", "--one"], "argument --pair: expected 2 arguments"),
        (["--whole", "x", "--one"], "argument --whole: 'x' is no valid int value"),
        ([], "one of the arguments --one --other is required"),
    ],
)
def test_what_no_command_uses_yet_is_translated_too(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], expected: str
) -> None:
    parser = Parser(prog="volcv")
    either = parser.add_mutually_exclusive_group(required=True)
    either.add_argument("--one", action="store_true")
    either.add_argument("--other")
    parser.add_argument("--pair", nargs=2)
    parser.add_argument("--whole", type=int)
    with pytest.raises(UsageError) as english:
        parser.read(arguments)
    assert str(english.value).startswith(f"{expected}\n")
    monkeypatch.setenv("VOLCV_LANG", "zh")
    with pytest.raises(UsageError) as chinese:
        parser.read(arguments)
    assert not str(chinese.value).isascii() and not ENGLISH.search(str(chinese.value))


@pytest.mark.parametrize("choices", ["'a', 'b'", "a, b"], ids=["3.11", "3.12"])
@pytest.mark.parametrize("suggestion", ["", ", maybe you meant 'a'?"], ids=["plain", "3.14"])
def test_every_python_spells_an_invalid_choice_its_own_way(choices: str, suggestion: str) -> None:
    said = f"argument --x: invalid choice: 'aa'{suggestion} (choose from {choices})"
    assert translated(said) == "argument --x: 'aa' is none of a, b"


def test_what_argparse_does_not_say_passes_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_LANG", "zh")
    for text in ("something else", "expected one argument more", ""):
        assert translated(text) == text


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
    lines = volcv("list", "--group", "video").out.splitlines()
    (group,) = {line.split()[-2] for line in lines}
    assert not any(line.isascii() for line in lines) and not group.isascii()
    assert volcv("list", "--group", group).out.splitlines() == lines
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

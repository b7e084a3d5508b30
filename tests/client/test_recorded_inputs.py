"""Inputs that results record, and inputs that are read back from the requests of older ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from volcv_client.catalog import all_models, model
from volcv_client.catalog.examples import example_of
from volcv_client.catalog.inputs import Branch, Combo, JsonText, Numeric, Seed, Switch, Text
from volcv_client.catalog.spec import Model
from volcv_client.request.body import draft
from volcv_client.request.recorded import read_back, recorded_inputs

ANY = model("any")
DECLARED = [one for one in all_models() if one is not ANY]


def body_of(one: Model, given: dict[str, Any]) -> dict[str, Any]:
    """The body of a request with the fields of its polls, as the journal has both."""
    made = draft(one, given)
    return {**made.body, **made.result_request}


def changed(one: Model, place: int) -> dict[str, Any]:
    """Inputs that differ from the defaults; ``place`` chooses the options of combos."""
    given = dict(one.defaults())
    for input_ in one.all_inputs():
        if isinstance(input_, Combo) and input_.name != "mode":
            given[input_.name] = list(input_.options)[place % len(input_.options)]
        elif isinstance(input_, Seed):
            given[input_.name] = 17
        elif isinstance(input_, Switch):
            given[input_.name] = not input_.default
        elif isinstance(input_, Numeric):
            given[input_.name] = min(input_.high, max(input_.low, input_.default + input_.step))
        elif isinstance(input_, JsonText) and input_.path:
            given[input_.name] = json.dumps({name: f"text of {name}" for name in input_.fields_allowed})
        elif isinstance(input_, Text) and input_.paths and input_.name != "req_key":
            given[input_.name] = f"text of {input_.name}"
    return given


def without_sockets(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if value is not None}


def shown(one: Model, given: dict[str, Any]) -> set[str]:
    return {inner.name for outer in one.inputs for inner in (outer, *outer.revealed(given))}


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.node_id)
def test_a_request_read_back_makes_the_same_request(one: Model, place: int) -> None:
    given = changed(one, place)
    body = body_of(one, given)
    task = bool(one.mode(given).result_action)
    found = read_back(one, body, given.get("seed"), task)
    assert body_of(one, one.defaults() | without_sockets(found)) == body
    assert without_sockets(found).keys() <= shown(one, given)
    json.dumps(found)


@pytest.mark.parametrize("one", DECLARED, ids=lambda one: one.node_id)
def test_an_example_is_read_back(one: Model) -> None:
    given = one.defaults() | dict(example_of(one).values)
    found = read_back(one, body_of(one, given), given.get("seed"), bool(one.mode(given).result_action))
    assert body_of(one, one.defaults() | without_sockets(found)) == body_of(one, given)


def test_every_style_and_its_variants_are_read_back() -> None:
    stylise = next(one for one in all_models() if one.node_id == "Volcv_stylise")
    (branch,) = (one for one in stylise.inputs if isinstance(one, Branch))
    for label, arm in branch.options.items():
        inner = {combo.name: list(combo.options)[-1] for combo in arm.inputs if isinstance(combo, Combo)}
        given = stylise.defaults() | {branch.name: label, **inner}
        found = read_back(stylise, body_of(stylise, given))
        assert {name: found[name] for name in (branch.name, *inner)} == {branch.name: label, **inner}


def test_a_call_without_a_seed_keeps_the_random_one() -> None:
    one = model("high_aes_general_v14")
    assert read_back(one, body_of(one, one.defaults()))["seed"] == -1


def test_a_body_of_a_model_that_is_not_declared_becomes_the_json_of_any_model() -> None:
    found = read_back(ANY, {"req_key": "brand_new", "prompt": "a fox", "seed": 4, "size": {"w": 1}}, 4, True)
    assert json.loads(found.pop("body")) == {"prompt": "a fox", "size": {"w": 1}}
    assert (found["req_key"], found["seed"], found["mode"]) == ("brand_new", 4, "task")


def test_what_a_body_does_not_tell_has_its_default() -> None:
    one = model("high_aes_general_v14")
    found = read_back(one, {"req_key": one.req_key, "prompt": "a fox", "width": "?", "unknown": [1]})
    assert found["prompt"] == "a fox" and found["scale"] == one.defaults()["scale"]


def test_records_have_widgets_and_no_pictures() -> None:
    one = model("i2i_outpainting")
    inputs = recorded_inputs(one, {**one.defaults(), "image": object(), "count": 3, "prompt": "wider"})
    assert inputs["image"] is None and inputs["prompt"] == "wider"
    assert "count" not in inputs and "mask" not in inputs
    json.dumps(inputs)


def test_a_record_of_the_user_s_own_json_leaves_its_pictures_out() -> None:
    assert any(isinstance(one, JsonText) for one in ANY.inputs)
    body = json.dumps({"prompt": "a fox", "binary_data_base64": ["AAAA"]})
    inputs = recorded_inputs(ANY, {**ANY.defaults(), "req_key": "x", "body": body})
    assert json.loads(inputs["body"]) == {"prompt": "a fox"}
    assert recorded_inputs(ANY, {**ANY.defaults(), "body": '{"a":1}'})["body"] == '{"a":1}'

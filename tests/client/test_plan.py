"""A plan says which calls a run makes, without a connection and without encoding anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from volcv_client.catalog import all_models, model
from volcv_client.catalog.spec import INT_MAX, Choice, Control, Integer, Model
from volcv_client.errors import InputError
from volcv_client.images.image import Mask
from volcv_client.request.body import build
from volcv_client.request.plan import Plan, plan

from .helpers import CONTROLNET, IMAGE, OUTPAINT, T2I, colour, half_mask, noise, opened

PROMPT: Mapping[str, Any] = {"prompt": "a cat"}


def planned(key: str, **given: Any) -> Plan:
    return plan(model(key), given)


@pytest.mark.parametrize(
    ("key", "given", "error"),
    [
        (T2I, {}, "empty_text"),
        (T2I, {**PROMPT, "width": "wide"}, "out_of_bounds"),
        (T2I, {**PROMPT, "width": True}, "out_of_bounds"),
        (T2I, {**PROMPT, "seed": "7"}, "out_of_bounds"),
        (T2I, {**PROMPT, "seed": 7.0}, "out_of_bounds"),
        (T2I, {**PROMPT, "seed": INT_MAX, "count": 2}, "seed_too_high"),
        (T2I, {**PROMPT, "count": 65}, "out_of_bounds"),
        (T2I, {**PROMPT, "count": True}, "out_of_bounds"),
        (T2I, {**PROMPT, "use_rephraser": 1}, "bad_choice"),
        (OUTPAINT, {"image": []}, "batch_mismatch"),
        (OUTPAINT, {"image": [colour()] * 3, "mask": [half_mask(8, 8)] * 2}, "batch_mismatch"),
        ("i2i_inpainting", {**IMAGE, "mask": [Mask(np.zeros((8, 8), np.float32))]}, "empty_mask"),
        (CONTROLNET, {**PROMPT, **IMAGE, "more_controls": [Control([colour()], "pose", -1.0)]}, "out_of_bounds"),
        (CONTROLNET, {**PROMPT, **IMAGE, "more_controls": [Control([], "pose", 0.5)]}, "batch_mismatch"),
        ("any", {"req_key": "x", "body": "[1]"}, "bad_json"),
        ("any", {"req_key": "x", "body": "[" * 100_000}, "bad_json"),
    ],
)
def test_inputs_that_cannot_work_are_refused(key: str, given: Mapping[str, Any], error: str) -> None:
    with pytest.raises(InputError) as caught:
        plan(model(key), given)
    assert caught.value.key == error


def test_what_is_missing_or_none_has_its_default() -> None:
    (call,) = planned(T2I, prompt="a cat", width=None, logo_info=None).calls
    assert call.given["width"] == 512 and "logo_info" not in call.given
    assert planned(T2I, prompt="a cat", on_refusal="skip").on_refusal == "skip"


def test_each_picture_is_made_count_times_with_seeds_that_follow() -> None:
    first, second = colour(48, 32), colour(64, 32)
    calls = planned(CONTROLNET, prompt="a dog", image=[first, second], seed=5, count=2).calls
    assert [(call.given["image"].size[0], call.seed, call.random) for call in calls] == [
        (48, 5, False),
        (48, 6, False),
        (64, 5, False),
        (64, 6, False),
    ]


def test_an_image_for_all_calls_joins_a_batch() -> None:
    controls = [Control([colour(20, 20)], "canny", 0.3), Control([colour(30, 30), colour(40, 40)], "pose", 0.9)]
    calls = planned(CONTROLNET, prompt="a dog", **IMAGE, more_controls=controls).calls
    assert [[control.image.size[0] for control in call.given["more_controls"]] for call in calls] == [
        [20, 30],
        [20, 40],
    ]


@pytest.mark.parametrize(
    ("key", "given", "seed", "random"),
    [
        (T2I, PROMPT, None, True),
        (T2I, {**PROMPT, "seed": 0}, 0, False),
        ("saliency_seg", IMAGE, None, False),
        ("any", {"req_key": "x", "seed": 3}, 3, False),
        ("any", {"req_key": "x", "seed": 3, "body": '{"seed": 9}'}, 9, False),
        ("any", {"req_key": "x", "seed": 3, "body": '{"seed": -1}'}, None, True),
        ("any", {"req_key": "x", "seed": 3, "body": '{"seed": "nine"}'}, 3, False),
    ],
)
def test_the_seed_is_the_one_that_the_body_carries(
    key: str, given: Mapping[str, Any], seed: int | None, random: bool
) -> None:
    (call,) = plan(model(key), given).calls
    assert (call.seed, call.random) == (seed, random)


def test_notes_come_once_and_empty_masks_are_dropped() -> None:
    masks = [Mask(np.zeros((8, 8), np.float32))] * 2
    made = planned(OUTPAINT, image=[colour(), colour()], mask=masks, strength=2.0, count=2)
    assert len(made.calls) == 4 and all("mask" not in call.given for call in made.calls)
    assert [note.split()[0] for note in made.notes] == ["mask", "strength"]


@pytest.mark.parametrize("one", [one for one in all_models() if one.successor], ids=lambda one: one.node_id)
def test_a_model_that_is_being_retired_names_a_model_that_is_there(one: Model) -> None:
    given = {"image": [colour(512, 512)], "mask": [half_mask(512, 512)], "custom_prompt": "a lamp"}
    notes = plan(one, {name: given[name] for name in given if name in {i.name for i in one.inputs}}).notes
    assert [note for note in notes if one.successor in note] == [notes[0]]
    assert not model(one.successor).successor and "retiring" in one.summary


def test_further_controls_follow_the_pictures_in_every_declaration() -> None:
    for key in (CONTROLNET, "i2i_xl_sft"):
        kinds = [one.kind for one in model(key).inputs if one.kind in ("picture", "mask", "controls")]
        assert kinds.count("controls") == 1 and kinds[-1] == "controls"


def test_a_mask_keeps_the_size_of_the_first_picture_when_all_pictures_are_reduced() -> None:
    limits = replace(model("any").limits, max_total_base64=60_000)
    tight = replace(model("any"), limits=limits)
    (call,) = plan(tight, {"req_key": "x", "image_2": [noise(260, 170)], "mask": [half_mask(260, 170)]}).calls
    picture, mask = map(opened, build(tight, call.given).body["binary_data_base64"])
    assert picture.size == mask.size != (260, 170)


GENERAL_3 = "high_aes_general_v30l_zt2i"


@pytest.mark.parametrize("key", [GENERAL_3, "jimeng_t2i_v31"])
def test_a_preset_size_replaces_width_and_height(key: str) -> None:
    (own,) = planned(key, prompt="a cat", width=640, height=512).calls
    (chosen,) = planned(key, prompt="a cat", width=640, height=512, preset_size="4:3 1472x1104").calls
    for call, size in ((own, (640, 512)), (chosen, (1472, 1104))):
        body = build(model(key), call.given).body
        assert (body["width"], body["height"]) == size
        assert "preset_size" not in body
    (same,) = planned(key, prompt="a cat", width=1472, height=1104).calls
    assert build(model(key), same.given).body == build(model(key), chosen.given).body, "one cache key for one picture"


@pytest.mark.parametrize("key", [GENERAL_3, "jimeng_t2i_v31"])
def test_a_size_that_is_not_sent_needs_no_advice(key: str) -> None:
    wide = {"prompt": "a cat", "width": 64, "height": 4096}
    assert [note.split()[0] for note in planned(key, **wide).notes] == ["width", "height"]
    assert planned(key, **wide, preset_size="4:3 1472x1104").notes == ()
    with pytest.raises(InputError):
        planned(key, **wide, preset_size="none of them")


def test_preset_sizes_are_within_the_known_range() -> None:
    for key in (GENERAL_3, "jimeng_t2i_v31"):
        preset, width = model(key).input("preset_size"), model(key).input("width")
        assert isinstance(preset, Choice) and isinstance(width, Integer) and width.advice
        assert next(iter(preset.options)) == preset.default == "custom"
        for label, wire in preset.options.items():
            for value in wire.values():
                assert isinstance(value, int) and width.advice.low <= value <= width.advice.high, label


def test_a_size_that_is_not_offered_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        planned(GENERAL_3, prompt="a cat", preset_size="1472x1104")
    assert caught.value.key == "bad_choice"

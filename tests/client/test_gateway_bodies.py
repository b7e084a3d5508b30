"""Bodies of the models that the gateway documents besides the seed pages, against the catalog's own words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from volcv_client.catalog import model
from volcv_client.catalog.spec import SYNCHRONOUS, TASK, Control, Model
from volcv_client.errors import InputError
from volcv_client.images.image import Image
from volcv_client.request.body import Request, build
from volcv_client.request.inputs import check

from .helpers import colour, half_mask, opened, same_json, without

PICTURES = "binary_data_base64"
Values = Mapping[str, Any]
Pictures = Mapping[str, Image]

IMAGE: Pictures = {"image": colour()}
MASKED: Pictures = {**IMAGE, "mask": half_mask(24, 16)}
LATER = {"return_url", "logo_info"}
"""What a task is asked for with its result."""

INLINE = {"return_url": False, "logo_info": {"add_logo": False}}
LINKS = {"return_url": True, "logo_info": {"add_logo": False}}

GENERAL = {"prompt": "a cat", "seed": -1, "scale": 3.5, "width": 512, "height": 512, "use_sr": True, **LINKS}
XL = {"prompt": "a cat", "seed": -1, "ddim_steps": 20, "scale": 7.0, **LINKS}
XL_IMAGE = {**XL, "ddim_step": 20}
ANIME = {"prompt": "a cat", "seed": -1, "scale": 7.0, "ddim_steps": 20, "width": 1024, "height": 1024, **INLINE}
PORTRAIT = {"beautify_info": {"whitening": 1.0, "dermabrasion": 1.2}, **INLINE}
CANNY = {"type": "canny", "strength": 0.4, "binary_data_index": 0}

BODIES: dict[str, tuple[Pictures, Values]] = {
    "high_aes_general_v30l_zt2i": (
        {},
        {"prompt": "a cat", "seed": -1, "scale": 2.5, "width": 1328, "height": 1328, **LINKS},
    ),
    "byteedit_v2.0": (IMAGE, {"prompt": "a cat", "negative_prompt": "", "seed": -1, "scale": 0.5, **LINKS}),
    "high_aes_general_v21_L": (
        {},
        {
            **GENERAL,
            "model_version": "general_v2.1_L",
            "req_schedule_conf": "general_v20_9B_pe",
            "llm_seed": -1,
            "ddim_steps": 25,
            "use_pre_llm": True,
        },
    ),
    "high_aes_general_v20_L": (
        {},
        {
            **GENERAL,
            "model_version": "general_v2.0_L",
            "req_schedule_conf": "general_v20_9B_pe",
            "ddim_steps": 16,
        },
    ),
    "high_aes_general_v20": ({}, {**GENERAL, "model_version": "general_v2.0", "ddim_steps": 16}),
    "high_aes": ({}, {**ANIME, "model_version": "anime_v1.3"}),
    "t2i_xl_sft": ({}, {**XL, "width": 1024, "height": 1024}),
    "i2i_xl_sft": (IMAGE, {**XL_IMAGE, "controlnet_args": [CANNY]}),
    "i2i_inpainting_edit": (MASKED, {"custom_prompt": "a cat", "scale": 5.0, "seed": -1, "steps": 25, **INLINE}),
    "i2i_inpainting": (
        MASKED,
        {"steps": 30, "strength": 0.8, "scale": 7.0, "seed": 0, "dilate_size": 15, "quality": "M", **INLINE},
    ),
    "img2img_photoverse_american_comics": (IMAGE, PORTRAIT),
}
"""The pictures that a model needs, and its body at the defaults without req_key and pictures (catalog section 5)."""

TASKS = ("byteedit_v2.0", "high_aes_general_v20_L", "high_aes_general_v20")
PORTRAITS = {
    "American comics": "img2img_photoverse_american_comics",
    "Business ID photo": "img2img_photoverse_executive_ID_photo",
    "3D doll": "img2img_photoverse_3d_weird",
    "Cyberpunk": "img2img_photoverse_cyberpunk",
    "Castle": "img2img_xiezhen_gubao",
    "Barbie denim": "img2img_xiezhen_babi_niuzai",
    "Bathrobe": "img2img_xiezhen_bathrobe",
    "Butterfly mechanical": "img2img_xiezhen_butterfly_machine",
    "Workplace ID photo": "img2img_xiezhen_zhichangzhengjianzhao",
    "Christmas": "img2img_xiezhen_christmas",
    "American dessert maker": "img2img_xiezhen_dessert",
    "Old money": "img2img_xiezhen_old_money",
    "Campus": "img2img_xiezhen_school",
}


def inputs(one: Model, pictures: Pictures, controls: Sequence[Control] = (), **values: Any) -> Values:
    prompts: Values = {name: "a cat" for name in ("prompt", "custom_prompt") if name in one.defaults()}
    return {**one.defaults(), **prompts, **values, **pictures, "more_controls": controls}


def made(key: str, pictures: Pictures | None = None, controls: Sequence[Control] = (), **values: Any) -> Request:
    """What is sent for the pictures that the model needs, or the given ones; everything else as by default."""
    one = model(key)
    given = inputs(one, BODIES[key][0] if pictures is None else pictures, controls, **values)
    check(one, given)
    return build(one, given)


def sizes(built: Request) -> list[tuple[int, int]]:
    return [opened(text).size for text in built.body.get(PICTURES, ())]


@pytest.mark.parametrize("key", BODIES)
def test_the_body_at_the_defaults_is_the_documented_one(key: str) -> None:
    pictures, expected = BODIES[key]
    built = made(key)
    assert same_json(without(built.body, PICTURES), {"req_key": key, **expected})
    assert sizes(built) == [(48, 32)] * len(pictures)
    assert built.mode == SYNCHRONOUS
    assert not built.notes


@pytest.mark.parametrize("key", TASKS)
def test_a_task_is_asked_for_links_and_watermark_with_its_result(key: str) -> None:
    _, expected = BODIES[key]
    built = made(key, mode="task")
    assert built.mode == TASK
    assert same_json(without(built.body, PICTURES), {"req_key": key, **without(expected, *LATER)})
    assert same_json(built.result_request, LINKS)


@pytest.mark.parametrize("key", sorted(BODIES.keys() - TASKS))
def test_other_models_have_one_way_to_be_called(key: str) -> None:
    assert list(model(key).modes.values()) == [SYNCHRONOUS]
    assert "mode" not in model(key).defaults()


@pytest.mark.parametrize(
    ("key", "values", "changed"),
    [
        ("high_aes_general_v30l_zt2i", {"use_pre_llm": True}, {"use_pre_llm": True}),
        ("high_aes_general_v20_L", {"use_pre_llm": True}, {"use_pre_llm": True}),
        ("high_aes_general_v21_L", {"use_pre_llm": False, "llm_seed": 4}, {"use_pre_llm": False, "llm_seed": 4}),
        *(
            (key, {"req_schedule_conf": "standard"}, {"req_schedule_conf": "general_v20_9B_rephraser"})
            for key in ("high_aes_general_v21_L", "high_aes_general_v20_L")
        ),
        ("byteedit_v2.0", {"negative_prompt": "a dog"}, {"negative_prompt": "a dog"}),
        ("i2i_inpainting", {"quality": "H", "seed": -1}, {"quality": "H", "seed": -1}),
        ("i2i_xl_sft", {"prompt": ""}, {"prompt": ""}),
        ("i2i_xl_sft", {"ddim_steps": 30}, {"ddim_steps": 30, "ddim_step": 30}),
        ("high_aes_general_v20", {"use_rephraser": False}, {"use_rephraser": False}),
    ],
)
def test_a_choice_changes_its_own_fields_only(key: str, values: Values, changed: Values) -> None:
    body = made(key, **values).body
    assert same_json(without(body, PICTURES), {"req_key": key, **BODIES[key][1], **changed})


@pytest.mark.parametrize("key", ["i2i_inpainting", "i2i_inpainting_edit"])
def test_a_mask_fits_its_picture_and_is_white_where_it_is_painted(key: str) -> None:
    mask = opened(made(key).body[PICTURES][1])
    assert (mask.format, mask.mode, mask.size) == ("PNG", "L", (48, 32))
    values = np.asarray(mask)
    assert values[:, :20].max() == 0
    assert values[:, 28:].min() == 255


def test_anime_from_a_picture_has_a_strength() -> None:
    built = made("high_aes", IMAGE)
    assert same_json(
        without(built.body, PICTURES), {"req_key": "high_aes", "model_version": "anime_v1.3", "strength": 0.7, **ANIME}
    )
    assert sizes(built) == [(48, 32)]


@pytest.mark.parametrize("pictures", [{}, IMAGE])
def test_general_1_3_takes_no_picture_and_can_enlarge(pictures: Pictures) -> None:
    one = model("high_aes")
    size = {"width": 512, "height": 512}
    given = inputs(one, pictures, model_version="general_v1.3", use_sr=True, sr_seed=3, **size)
    notes = check(one, given)
    assert any(note.startswith("image") for note in notes) is bool(pictures)
    expected = {"req_key": "high_aes", "model_version": "general_v1.3", "use_sr": True, "sr_seed": 3, **ANIME, **size}
    assert same_json(build(one, given).body, expected)


@pytest.mark.parametrize("kind", ["canny", "depth", "pose"])
def test_the_first_control_is_taken_of_the_image(kind: str) -> None:
    body = made("i2i_xl_sft", control_type=kind, control_strength=0.9).body
    assert body["controlnet_args"] == [{"type": kind, "strength": 0.9, "binary_data_index": 0}]


def test_without_any_control_the_list_is_left_out() -> None:
    assert same_json(
        without(made("i2i_xl_sft", control_type="none").body, PICTURES), {"req_key": "i2i_xl_sft", **XL_IMAGE}
    )


STYLE: Pictures = {"style_image": colour(20, 10)}
CONTROLS = (Control(colour(40, 40), "depth", 0.5), Control(colour(30, 60), "pose", 0.25))


@pytest.mark.parametrize(
    ("control_type", "style", "indexes", "style_index"),
    [
        ("canny", {}, [0, 1, 2], None),
        ("none", {}, [1, 2], None),
        ("canny", STYLE, [0, 2, 3], 1),
        ("none", STYLE, [2, 3], 1),
    ],
)
def test_controls_and_style_point_at_their_pictures(
    control_type: str, style: Pictures, indexes: list[int], style_index: int | None
) -> None:
    values = {"style_weight": 0.8, "id_weight": 0.3}
    built = made("i2i_xl_sft", {**IMAGE, **style}, CONTROLS, control_type=control_type, **values)
    assert sizes(built) == [(48, 32), *[(20, 10)] * len(style), (40, 40), (30, 60)]
    assert [one["binary_data_index"] for one in built.body["controlnet_args"]] == indexes
    assert built.body["controlnet_args"][-2:] == [
        {"type": "depth", "strength": 0.5, "binary_data_index": indexes[-2]},
        {"type": "pose", "strength": 0.25, "binary_data_index": indexes[-1]},
    ]
    expected = None if style_index is None else {**values, "binary_data_index": style_index}
    assert built.body.get("style_reference_args") == expected


@pytest.mark.parametrize(("style", "key"), PORTRAITS.items())
def test_a_portrait_style_picks_the_req_key(style: str, key: str) -> None:
    one = model(key)
    assert one.node_id == "Volcv_single_photo_portrait"
    assert one.choices_of_req_key()[key] == {"style": style}
    body = build(one, inputs(one, IMAGE, style=style)).body
    assert same_json(without(body, PICTURES), {"req_key": key, **PORTRAIT})


def test_the_portrait_family_is_complete() -> None:
    assert set(model("Volcv_single_photo_portrait").req_keys) == set(PORTRAITS.values())


@pytest.mark.parametrize(
    ("key", "values", "missing", "error"),
    [
        *((key, {"prompt": " "}, (), "empty_text") for key in BODIES if "prompt" in BODIES[key][1] and "xl" not in key),
        ("t2i_xl_sft", {"prompt": ""}, (), "empty_text"),
        ("i2i_inpainting_edit", {"custom_prompt": "\n"}, (), "empty_text"),
        *((key, {}, (name,), "no_image") for key, (pictures, _) in BODIES.items() for name in pictures),
        ("high_aes_general_v20", {"width": 681}, (), "out_of_bounds"),
        ("high_aes_general_v20", {"height": 255}, (), "out_of_bounds"),
        ("high_aes_general_v20_L", {"width": 769}, (), "out_of_bounds"),
        ("high_aes", {"width": 1729}, (), "out_of_bounds"),
        ("high_aes", {"height": 127}, (), "out_of_bounds"),
        ("i2i_inpainting", {"strength": 0.05}, (), "out_of_bounds"),
        ("i2i_inpainting", {"scale": 20.5}, (), "out_of_bounds"),
        ("i2i_inpainting", {"quality": "XL"}, (), "bad_choice"),
        ("high_aes", {"model_version": "anime_v1.4"}, (), "bad_choice"),
    ],
)
def test_inputs_that_cannot_work_are_refused(key: str, values: Values, missing: Sequence[str], error: str) -> None:
    one = model(key)
    with pytest.raises(InputError) as caught:
        check(one, inputs(one, without(BODIES[key][0], *missing), **values))
    assert caught.value.key == error


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("high_aes_general_v30l_zt2i", {"width": 256, "scale": 11.0}),
        ("high_aes_general_v21_L", {"height": 1024, "ddim_steps": 300}),
        ("byteedit_v2.0", {"scale": 1.5}),
        ("i2i_inpainting_edit", {"scale": 25.0}),
        ("img2img_photoverse_american_comics", {"whitening": 3.0, "dermabrasion": 2.5}),
    ],
)
def test_values_outside_suggested_ranges_are_sent_with_a_note(key: str, values: Values) -> None:
    one = model(key)
    given = inputs(one, BODIES[key][0], **values)
    notes = check(one, given)
    body = build(one, given).body
    sent = {**body, **body.get("beautify_info", {})}
    for name, value in values.items():
        assert sent[name] == value
        assert any(note.startswith(f"{name} is") for note in notes)


@pytest.mark.parametrize(
    ("version", "width", "height", "told"),
    [
        ("general_v1.3", 1024, 256, "width is 1024.*128 to 512"),
        ("general_v1.3", 256, 520, "height is 520.*128 to 512"),
        ("anime_v1.3", 576, 300, "height is 300.*576 to 1728"),
        ("anime_v1.3", 1400, 1400, "1400x1400 are 1960000 pixels"),
    ],
)
def test_each_version_has_its_own_sizes(version: str, width: int, height: int, told: str) -> None:
    one = model("high_aes")
    with pytest.raises(InputError, match=told):
        check(one, inputs(one, {}, model_version=version, width=width, height=height))


def test_names_are_sent_without_the_spaces_around_them() -> None:
    one = model("any")
    given = inputs(one, {}, req_key=" high_aes_general_v14 \n", body="{}")
    assert build(one, given).body["req_key"] == "high_aes_general_v14"

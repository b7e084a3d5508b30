"""Every declaration is sound, and the native models' bodies are as catalog section 6 has them."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generate.models import FACTS
from volcv_client.catalog import Model, all_models, model, spec
from volcv_client.catalog.further import FurtherModel, further_models
from volcv_client.catalog.shared import PROMPTS
from volcv_client.catalog.spec import (
    SYNCHRONOUS,
    Branch,
    Choice,
    Input,
    Integer,
    JsonText,
    MaskPicture,
    Mode,
    Number,
    Picture,
    Seed,
    WireInput,
)
from volcv_client.errors import InputError
from volcv_client.images.image import Image, Mask
from volcv_client.request.body import Request, build, draft
from volcv_client.request.inputs import check
from volcv_client.request.json_body import PICTURES_FIELD, fingerprint, json_body

from .helpers import BODIES, colour, half_mask, opened, same_json, without
from .test_gateway_bodies import BODIES as GATEWAY_BODIES

MODELS = all_models()
GROUPS = {
    "Text to image",
    "Image to image",
    "Edit",
    "Inpaint & outpaint",
    "Portrait & character",
    "Product",
    "Restore & upscale",
    "Segment",
    "Video",
    "Tools",
}
NO_LOGO = {"add_logo": False}
LINKS = {"return_url": True, "logo_info": NO_LOGO}


def names_of(one: Input) -> Iterator[str]:
    yield from one.only_if
    if isinstance(one, MaskPicture) and one.fit_to:
        yield one.fit_to
    if isinstance(one, Picture) and one.url_input:
        yield one.url_input


@pytest.mark.parametrize("one", MODELS, ids=lambda one: one.node_id)
def test_a_declaration_is_sound(one: Model) -> None:
    inputs = list(one.all_inputs())
    assert one.group in GROUPS and one.page.startswith("https://") and one.summary.endswith(".")
    assert all(text.isascii() for text in (one.title, one.summary, *one.aliases, *(i.tooltip for i in inputs)))
    known = {i.name for i in inputs}
    assert {name for i in inputs for name in names_of(i)} <= known
    assert {name for rule in one.requires for name in (*rule.any_of, *rule.only_if)} <= known
    assert {name for area in one.areas for name in (area.width, area.height, *area.only_if)} <= known
    assert ("mode" in known) is (len(one.modes) > 1)
    pictures = [i.name for i in inputs if isinstance(i, Picture)]
    assert all(i.fit_to in ("", *pictures) for i in inputs if isinstance(i, MaskPicture))


@pytest.mark.parametrize("one", MODELS, ids=lambda one: one.node_id)
def test_defaults_are_what_comfyui_shows_first(one: Model) -> None:
    for i in one.all_inputs():
        if isinstance(i, Branch):
            assert i.default == next(iter(i.options)), f"{i.name}: a dynamic combo starts with its first option"
        if isinstance(i, Choice):
            assert i.default in i.options
        if isinstance(i, (Integer, Number)):
            assert i.low <= i.default <= i.high
        if isinstance(i, Integer):
            assert i.low % i.step == i.default % i.step == 0, f"{i.name}: the widget counts its steps from the minimum"
        if isinstance(i, Number):
            assert i.default == round(i.default, 3), f"{i.name}: the widget rounds to 0.001"


@pytest.mark.parametrize("one", MODELS, ids=lambda one: one.node_id)
def test_inputs_of_two_arms_share_a_name_only_if_they_are_the_same(one: Model) -> None:
    for branch in (i for i in one.inputs if isinstance(i, Branch)):
        seen: dict[str, WireInput | Choice] = {}
        for arm in branch.options.values():
            for i in arm.inputs:
                assert seen.setdefault(i.name, i) == i


@pytest.mark.parametrize("one", MODELS, ids=lambda one: one.node_id)
def test_chance_and_seed_go_together(one: Model) -> None:
    seeds = [i for i in one.all_inputs() if isinstance(i, Seed) and i.name == "seed"]
    assert not (one.repeatable and seeds)
    assert all(i.low == -1 for i in seeds)


def test_every_req_key_belongs_to_one_node() -> None:
    keys = [key for one in MODELS for key in one.req_keys]
    assert len(keys) == len(set(keys)) >= 50
    assert all(model(key) is next(one for one in MODELS if key in one.req_keys) for key in keys)


def test_models_of_the_menu_have_chinese_words_in_their_aliases() -> None:
    english = {"text", "image", "picture", "video", "edit", "mask"}
    assert all(len([a for a in one.aliases if a.split()[0] not in english]) >= 2 for one in MODELS)


def made(key: str, pictures: dict[str, Any] | None = None, **values: Any) -> Request:
    one = model(key)
    given = {**one.defaults(), **values, **(pictures or {})}
    check(one, given)
    return build(one, given)


NATIVE: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "edit": (
        "seededit_v3.0",
        {"image": colour()},
        {"prompt": "a"},
        {"req_key": "seededit_v3.0", "prompt": "a", "scale": 0.5, "seed": -1},
        LINKS,
    ),
    "area": (
        "jimeng_t2i_v40",
        {},
        {"prompt": "a"},
        {"req_key": "jimeng_t2i_v40", "prompt": "a", "size": 4194304, "scale": 0.5, "force_single": False},
        LINKS,
    ),
    "sides": (
        "jimeng_t2i_v40",
        {},
        {"prompt": "a", "size_by": "width and height", "width": 1280, "height": 2048, "force_single": True},
        {
            "req_key": "jimeng_t2i_v40",
            "prompt": "a",
            "width": 1280,
            "height": 2048,
            "scale": 0.5,
            "force_single": True,
        },
        LINKS,
    ),
    "recommended size": (
        "jimeng_seedream46_cvtob",
        {"image_14": colour()},
        {"prompt": "a", "size_by": "recommended size", "preset_size": "16:9 5404x3040", "scale": 1},
        {
            "req_key": "jimeng_seedream46_cvtob",
            "prompt": "a",
            "width": 5404,
            "height": 3040,
            "scale": 1,
            "force_single": False,
        },
        LINKS,
    ),
    "older version": (
        "jimeng_t2i_v31",
        {},
        {"prompt": "a", "version": "3.0", "preset_size": "21:9 2016x864", "seed": 7},
        {
            "req_key": "jimeng_t2i_v30",
            "prompt": "a",
            "width": 2016,
            "height": 864,
            "use_pre_llm": True,
            "seed": 7,
        },
        LINKS,
    ),
    "sides of an edit": (
        "jimeng_i2i_v30",
        {"image": colour()},
        {"prompt": "a", "size_by": "width and height", "width": 1536, "height": 512},
        {"req_key": "jimeng_i2i_v30", "prompt": "a", "width": 1536, "height": 512, "scale": 0.5, "seed": -1},
        LINKS,
    ),
    "8k": (
        "jimeng_i2i_seed3_tilesr_cvtob",
        {"image": colour()},
        {"resolution": "8k", "scale": 0},
        {"req_key": "jimeng_i2i_seed3_tilesr_cvtob", "resolution": "8k", "scale": 0},
        LINKS,
    ),
    "erase": (
        "jimeng_image2image_dream_inpaint",
        {"image": colour(), "mask": half_mask(24, 16)},
        {"prompt": "\u5220\u9664", "seed": -1},
        {"req_key": "jimeng_image2image_dream_inpaint", "prompt": "\u5220\u9664", "seed": -1},
        LINKS,
    ),
    "cut-out": (
        "saliency_seg",
        {"image": colour()},
        {},
        {
            "req_key": "saliency_seg",
            "only_mask": 3,
            "rgb": [-1, -1, -1],
            "refine_mask": 0,
            "return_url": False,
            "logo_info": NO_LOGO,
        },
        {},
    ),
    "flat colour": (
        "saliency_seg",
        {"image": colour()},
        {"only_mask": "cropped on a flat colour", "red": 1, "green": 2, "blue": 3, "refine_mask": "matting"},
        {
            "req_key": "saliency_seg",
            "only_mask": 2,
            "rgb": [1, 2, 3],
            "refine_mask": 2,
            "return_url": False,
            "logo_info": NO_LOGO,
        },
        {},
    ),
    "style": (
        "img2img_cartoon_style",
        {"image": colour()},
        {},
        {"req_key": "img2img_cartoon_style", "seed": -1, "return_url": False, "logo_info": NO_LOGO},
        {},
    ),
    "sub-style": (
        "img2img_clay_style",
        {"image": colour()},
        {"style": "clay", "clay_style": "bubble", "strength": 0.4},
        {
            "req_key": "img2img_clay_style",
            "sub_req_key": "img2img_clay_style_bubble",
            "strength": 0.4,
            "seed": -1,
            "return_url": False,
            "logo_info": NO_LOGO,
        },
        {},
    ),
    "restore": (
        "lens_lqir",
        {"image": colour()},
        {"enable_hdr": True, "hdr_strength": 0.3, "result_format": "JPEG"},
        {
            "req_key": "lens_lqir",
            "resolution_boundary": "720p",
            "enable_hdr": True,
            "hdr_strength": 0.3,
            "enable_wb": False,
            "result_format": 1,
            "jpg_quality": 95,
            "return_url": False,
        },
        {},
    ),
    "twice as large": (
        "lens_nnsr2_pic_common",
        {"image": colour(256, 300)},
        {},
        {
            "req_key": "lens_nnsr2_pic_common",
            "model_quality": "MQ",
            "result_format": 0,
            "return_url": False,
            "logo_info": NO_LOGO,
        },
        {},
    ),
    "every entity": (
        "entity_seg",
        {"image": colour(128, 140)},
        {"refine_mask": "refined"},
        {"req_key": "entity_seg", "max_entity": 20, "return_format": 1, "refine_mask": 1},
        {},
    ),
    "padded canvas": (
        "jimeng_img2img_seed3_painting_edit",
        {"image": colour(), "mask": half_mask(48, 32)},
        {"prompt": "a"},
        {"req_key": "jimeng_img2img_seed3_painting_edit", "prompt": "a", "seed": -1},
        LINKS,
    ),
    "own words": (
        "jimeng_i2i_extract_tiled_images",
        {"image": colour()},
        {"extract": "custom", "edit_prompt": "a lamp", "width": 1024},
        {
            "req_key": "jimeng_i2i_extract_tiled_images",
            "edit_prompt": "a lamp",
            "width": 1024,
            "height": 2048,
            "seed": -1,
        },
        LINKS,
    ),
    "film from a text": (
        "jimeng_ti2v_v30_pro",
        {},
        {"prompt": "waves", "frames": "241 (10 s)"},
        {"req_key": "jimeng_ti2v_v30_pro", "prompt": "waves", "frames": 241, "aspect_ratio": "16:9", "seed": -1},
        {"logo_info": NO_LOGO},
    ),
    "film from a picture": (
        "jimeng_ti2v_v30_pro",
        {"image": colour(640, 480)},
        {},
        {"req_key": "jimeng_ti2v_v30_pro", "prompt": "", "frames": 121, "seed": -1},
        {"logo_info": NO_LOGO},
    ),
}


def test_every_model_has_an_expected_body() -> None:
    """A file in ``bodies``, or an entry of a table."""
    known = {*(path.stem for path in BODIES.glob("*.json")), *GATEWAY_BODIES, *(key for key, *_ in NATIVE.values())}
    assert [one.req_key for one in MODELS if not one.any_req_key and not known & {*one.req_keys}] == []


@pytest.mark.parametrize("name", NATIVE)
def test_the_body_is_as_documented(name: str) -> None:
    key, pictures, values, body, asked = NATIVE[name]
    built = made(key, pictures, **values)
    assert same_json(without(dict(built.body), PICTURES_FIELD), body)
    assert len(built.body.get(PICTURES_FIELD, ())) == len(pictures)
    assert same_json(dict(built.result_request), asked)


@pytest.mark.parametrize(
    ("key", "field"),
    [("jimeng_i2i_extract_tiled_images", "edit_prompt"), ("i2i_material_extraction", "image_edit_prompt")],
)
def test_a_documented_sentence_or_own_words_are_sent(key: str, field: str) -> None:
    with pytest.raises(InputError, match=field):
        made(key, {"image": colour()}, extract="custom")
    sentences = [made(key, {"image": colour()}, extract=label).body[field] for label in PROMPTS[key]]
    assert sentences == list(PROMPTS[key].values())
    assert len(set(sentences)) == len(sentences) >= 4


def test_an_outpainting_needs_a_side_or_a_mask() -> None:
    key, sides = "jimeng_img2img_seed3_painting_edit", dict.fromkeys(("top", "bottom", "left", "right"), 0.0)
    with pytest.raises(InputError, match="nothing to extend"):
        made(key, {"image": colour()}, **sides)
    assert "top" not in made(key, {"image": colour()}, **{**sides, "left": 0.5}).body


def test_faces_go_first_and_the_template_last() -> None:
    pictures = {"template": colour(40, 40), "face_3": colour(30, 30), "face_1": colour(10, 10)}
    built = made("face_swap3_6", pictures, source_similarity="0.7")
    assert [opened(data).width for data in built.body[PICTURES_FIELD]] == [10, 30, 40]
    assert (built.body["source_similarity"], built.mode) == ("0.7", SYNCHRONOUS)
    assert draft(model("face_swap3_6"), {**model("face_swap3_6").defaults(), **pictures}).takes_links


@pytest.mark.parametrize(
    ("key", "action", "pictures"),
    [
        ("lens_opr", "ConvertPhotoV2", {"image": colour()}),
        ("faceswap_ai", "FaceswapAI", {"face": colour(), "template": colour()}),
    ],
)
def test_some_models_have_an_action_of_their_own(key: str, action: str, pictures: dict[str, Any]) -> None:
    assert made(key, pictures).mode == Mode(action)


def test_a_film_needs_a_text_or_a_picture() -> None:
    with pytest.raises(InputError, match="prompt"):
        made("jimeng_ti2v_v30_pro")


def test_any_model_s_mask_is_as_large_as_the_first_picture() -> None:
    pictures = {"image_3": colour(64, 40), "image_5": colour(20, 20), "mask": half_mask(10, 10)}
    sizes: list[tuple[int, int]] = []

    class Sized(Mask):
        def encode(self, encoding: Any, size: tuple[int, int] | None) -> Any:
            sizes.append(size or (0, 0))
            return super().encode(encoding, size)

    pictures["mask"] = Sized(half_mask(10, 10).pixels)
    assert len(made("any", pictures, req_key="new_model").body[PICTURES_FIELD]) == 3
    assert sizes == [(64, 40)]


def test_any_model_s_json_wins() -> None:
    built = made("any", {}, req_key="one", body='{"req_key": "two", "seed": 5, "deep": {"a": [1]}}', seed=9)
    assert same_json(dict(built.body), {"req_key": "two", "seed": 5, "deep": {"a": [1]}})
    assert any(isinstance(one, JsonText) for one in model("any").all_inputs())


@pytest.mark.parametrize("given", [["QUJD"], "QUJD", None, 5, [1], []], ids=json.dumps)
def test_pictures_in_any_model_s_json_are_sent_as_they_are(given: object) -> None:
    built = made("any", {"image_1": colour()}, req_key="one", body=json.dumps({"binary_data_base64": given}))
    assert json.loads(b"".join(json_body(built.body)))["binary_data_base64"] == given
    assert fingerprint(built.body) != fingerprint({**built.body, "binary_data_base64": "other"})


def test_pictures_of_any_model_leave_no_gap() -> None:
    first, second = colour(), Image(colour(value=(1, 2, 3)).pixels)
    body = made("any", {"image_2": first, "image_7": second}, req_key="x").body
    assert len(body[PICTURES_FIELD]) == 2


@pytest.mark.parametrize("one", further_models(), ids=lambda one: one.req_key)
def test_a_further_model_is_what_any_model_can_call(one: FurtherModel) -> None:
    made = draft(model("any"), model("any").defaults() | {"req_key": one.req_key, "body": json.dumps(one.body)})
    assert {**made.json} == {"req_key": one.req_key, **one.body}
    assert one.mode in model("any").modes and one.req_key not in {key for each in MODELS for key in each.req_keys}
    assert one.page == "" or one.page.startswith("https://")


def test_every_kind_of_input_has_a_node_input() -> None:
    """The table of ``nodes/schema.py``, read as text: importing it takes a ComfyUI."""
    tree = ast.parse((Path(__file__).parents[2] / "nodes" / "schema.py").read_text(encoding="ascii"))
    (makers,) = (
        one.value for one in tree.body if isinstance(one, ast.AnnAssign) and ast.unparse(one.target) == "MAKERS"
    )
    assert isinstance(makers, ast.Dict)
    classes = [one for one in vars(spec).values() if isinstance(one, type) and issubclass(one, Input)]
    kinds = {one.kind for one in classes if hasattr(one, "kind")}
    assert {ast.literal_eval(key) for key in makers.keys if key} == kinds == FACTS.keys()

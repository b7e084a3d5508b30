"""Which runs are refused before they start, and when ComfyUI's cache may answer."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from volcv_pack.nodes.before_run import checked_inputs, fingerprint, host_requires, input_of, refusal
from volcv_pack.volcv_client.catalog import all_models, model
from volcv_pack.volcv_client.catalog.shared import COUNT
from volcv_pack.volcv_client.catalog.spec import Branch, Combo, Model, Numeric, Text, Widget
from volcv_pack.volcv_client.errors import InputError
from volcv_pack.volcv_client.images.image import Image
from volcv_pack.volcv_client.request.plan import plan

KEY = "canary-before-run-77"
GATEWAY = {"base_url": "https://private-gateway.example", "api_key": KEY}
LINKED = None
MODELS = all_models()
TEXT_TO_IMAGE = model("high_aes_general_v14")
OUTPAINTING = model("i2i_outpainting")
PRODUCT = model("img2img_e_commerce_style")
VIDEO = model("jimeng_ti2v_v30_pro")
JIMENG = model("jimeng_t2i_v40")
ANY = model("any")
REPEATABLE = model("lens_lqir")
FLAT = dict.fromkeys(("top", "bottom", "left", "right"), 0.0)

Configure = Callable[..., None]
each_model = pytest.mark.parametrize("declared", MODELS, ids=lambda declared: declared.node_id)


@pytest.fixture(autouse=True)
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Writes config.json: the fields of the default profile, and of the file. At first there is a gateway."""
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path))
    monkeypatch.setenv("VOLCV_LANG", "en")

    def write(default: dict[str, Any], **content: Any) -> None:
        profiles = {"default": default, **content.pop("profiles", {})}
        (tmp_path / "config.json").write_text(json.dumps({"profiles": profiles, **content}), encoding="utf-8")

    write(GATEWAY)
    return write


def refused(declared: Model, **given: Any) -> str:
    """The refusal of a prompt that has these inputs and, of the others that the host requires, the defaults; required
    pictures are linked. As in the host, only the named ones are passed."""
    names = checked_inputs(declared)
    inputs = (*declared.inputs, COUNT)
    sent = {input_.name: getattr(input_, "default", LINKED) for input_ in inputs if host_requires(input_)}
    return refusal(declared, names, {name: value for name, value in (sent | given).items() if name in names})


def at_run(declared: Model, **given: Any) -> str:
    """The error of the same inputs at run time."""
    with pytest.raises(InputError) as caught:
        plan(declared, given)
    return str(caught.value)


def required_texts(declared: Model) -> list[str]:
    return [input_.name for input_ in declared.inputs if isinstance(input_, Text) and input_.required]


def filled(declared: Model) -> dict[str, str]:
    return dict.fromkeys(required_texts(declared), "go")


@each_model
def test_named_inputs(declared: Model) -> None:
    """They can stand in a signature, are no DynamicCombo or its part, and every prompt has one of them."""
    named = [input_of(declared, name) for name in checked_inputs(declared)]
    assert all(input_ in (*declared.inputs, COUNT) and not isinstance(input_, Branch) for input_ in named)
    assert any(map(host_requires, named))
    for input_ in named:
        inspect.Parameter(input_.name, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@each_model
def test_linked_inputs_are_never_refused(declared: Model, configure: Configure) -> None:
    configure({**GATEWAY, "upload_url": "https://up.example"})
    assert refused(declared, **dict.fromkeys(checked_inputs(declared), LINKED)) == ""


@each_model
def test_empty_required_texts(declared: Model) -> None:
    for name in required_texts(declared):
        for empty in ("", " \n\t"):
            assert refused(declared, **{**filled(declared), name: empty}).startswith(f"{name} is empty.")
        assert "is empty" not in refused(declared, **{**filled(declared), name: LINKED})


def test_a_missing_file_is_refused_where_a_prompt_may_leave_every_input_out() -> None:
    """The host shows a refusal at the inputs that the prompt has: at least at count."""
    actor = model("jimeng_dream_actor_m1_gen_video_cv")
    assert refused(actor).startswith("Nothing is given for image, image_url.")
    assert refused(actor, image=LINKED).startswith("Nothing is given for video, video_url.")
    assert refused(actor, image=LINKED, video_url="https://e.example/dance.mp4") == ""
    assert refused(actor, image=LINKED, video=LINKED, count=0).startswith("count is 0")
    assert "count" in checked_inputs(actor) and "count" not in checked_inputs(TEXT_TO_IMAGE)


def test_what_may_be_empty() -> None:
    assert refused(OUTPAINTING) == refused(model("i2i_xl_sft")) == refused(model("stylise")) == ""


def test_the_text_of_the_run() -> None:
    """One idea, one text: what is refused before is what would have failed."""
    assert refused(TEXT_TO_IMAGE, prompt=" ") == at_run(TEXT_TO_IMAGE, prompt=" ")
    assert refused(ANY, req_key="x", body="{") == at_run(ANY, req_key="x", body="{")
    assert refused(VIDEO, prompt="") == at_run(VIDEO, prompt="")
    picture = [Image(np.zeros((8, 8, 3), np.float32))]
    assert refused(OUTPAINTING, **FLAT) == at_run(OUTPAINTING, **FLAT, image=picture)


@each_model
def test_named_numbers_and_combos_keep_their_limits(declared: Model) -> None:
    """The host no longer checks them; they are checked whatever the other inputs are."""
    named = [input_of(declared, name) for name in checked_inputs(declared)]
    linked = {input_.name: LINKED for input_ in named if not isinstance(input_, Widget)}
    for input_ in named:
        wrong: list[Any] = []
        if isinstance(input_, Numeric):
            wrong = [input_.low - 1, input_.high + 1, math.nan]
        elif isinstance(input_, Combo):
            wrong = ["no such choice"]
        for value in wrong:
            assert refused(declared, **filled(declared), **{input_.name: value}).startswith(f"{input_.name} is ")
            assert refused(declared, **filled(declared), **linked, **{input_.name: value}).startswith(input_.name)


@pytest.mark.parametrize("body", ["{", "[1]", "7", '"text"', "[" * 100_000, "{'a': 1}"])
def test_bad_json(body: str) -> None:
    assert refused(ANY, req_key="x", body=body).startswith("body is no JSON object")


@pytest.mark.parametrize("body", ["", "  ", "{}", '{"prompt": ""}', LINKED])
def test_good_json(body: str | None) -> None:
    assert refused(ANY, req_key="x", body=body) == ""


def test_nothing_to_extend() -> None:
    assert refused(OUTPAINTING, **FLAT).startswith("There is nothing to extend")
    assert refused(OUTPAINTING, **{**FLAT, "left": 0.1}) == ""
    assert refused(OUTPAINTING, **{**FLAT, "left": LINKED}) == "", "its value comes with the run"
    assert refused(OUTPAINTING, **FLAT, mask=LINKED) == ""


def test_product_picture_or_its_address() -> None:
    assert refused(PRODUCT, positive_prompt="table").startswith("There is no product picture.")
    given: dict[str, Any] = {"positive_prompt": "table", "product_image": LINKED}
    assert refused(PRODUCT, **given) == ""
    assert refused(PRODUCT, positive_prompt="table", product_image_url="https://e.example/p.png") == ""
    assert refused(PRODUCT, positive_prompt="table", product_image_url=LINKED) == ""
    assert "no http(s) address" in refused(PRODUCT, **given, product_image_url="p.png")
    assert refused(PRODUCT, **given, light="from light_image").startswith("light is 'from light_image', but")
    assert refused(PRODUCT, **given, light="from light_image", light_image=LINKED) == ""
    assert refused(PRODUCT, **given, light=LINKED) == ""
    assert refused(PRODUCT, **given, light_image_url="p.png") == "", "not used without 'from light_image'"


def test_a_text_or_a_picture() -> None:
    assert refused(VIDEO, prompt="").startswith("There is neither a prompt nor a picture")
    assert refused(VIDEO, prompt="", image=LINKED) == refused(VIDEO, prompt=LINKED) == ""


@pytest.mark.parametrize(
    ("default", "content", "said"),
    [
        ({}, {}, "No Volcengine gateway is set up yet."),
        ({"api_key": KEY}, {}, "no gateway address"),
        ({"base_url": "https://gateway.example"}, {}, "no API key"),
        ({"base_url": "gateway", "api_key": KEY}, {}, "cannot be used"),
        ({**GATEWAY, "timeout": -1}, {}, "The setting timeout"),
        (GATEWAY, {"active": "nowhere"}, "no profile named"),
        (GATEWAY, {"profiles": []}, "cannot be read"),
    ],
)
def test_an_incomplete_profile(
    configure: Configure, tmp_path: Path, default: dict[str, Any], content: dict[str, Any], said: str
) -> None:
    if content.get("profiles") == []:
        (tmp_path / "config.json").write_text(json.dumps(content), encoding="utf-8")
    else:
        configure(default, **content)
    for declared in MODELS:
        needed = {rule.any_of[0]: LINKED for rule in declared.requires}
        given = {**needed, **filled(declared), "prompt": "go"}
        refusal_text = refused(declared, **given)
        assert said in refusal_text, declared.node_id
        assert KEY not in refusal_text
    assert fingerprint(TEXT_TO_IMAGE, {"seed": 1}) == "not configured"
    assert math.isnan(float(fingerprint(TEXT_TO_IMAGE, {"seed": -1})))


def test_the_sandbox_needs_nothing(configure: Configure) -> None:
    configure({}, active="sandbox")
    assert refused(TEXT_TO_IMAGE, prompt="a fox") == refused(JIMENG, prompt="a fox", image_2=LINKED) == ""


def test_pictures_that_may_be_links_need_no_upload_address(configure: Configure) -> None:
    assert refused(JIMENG, prompt="a fox") == refused(JIMENG, prompt="a fox", image_2=LINKED) == ""
    configure({**GATEWAY, "upload_url": "https://up.example"})
    assert refused(JIMENG, prompt="a fox", image_2=LINKED) == ""


def test_in_chinese(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_LANG", "zh")
    assert "\u4e3a\u7a7a" in refused(TEXT_TO_IMAGE, prompt="")
    configure({})
    assert "\u7f51\u5173" in refused(TEXT_TO_IMAGE, prompt="a fox")


def test_which_outputs_may_be_cached() -> None:
    assert fingerprint(TEXT_TO_IMAGE, {"seed": 0}) == fingerprint(REPEATABLE, {}) != "not configured"
    for random in ({"seed": -1}, {"seed": LINKED}, {}):
        assert math.isnan(float(fingerprint(TEXT_TO_IMAGE, random)))


def test_another_service_is_not_answered_from_the_cache(configure: Configure) -> None:
    def now() -> float | str:
        return fingerprint(TEXT_TO_IMAGE, {"seed": 1})

    seen = [now()]
    for default, content in (
        ({**GATEWAY, "base_url": "https://other.example"}, {}),
        ({**GATEWAY, "reuse": False}, {}),
        (GATEWAY, {"active": "sandbox"}),
        (GATEWAY, {"active": "sandbox", "profiles": {"sandbox": {"reuse": False}}}),
        ({"access_key": "AK-before-run", "secret_key": "SK-before-run"}, {}),
    ):
        configure(default, **content)
        seen.append(now())
    assert len(set(seen)) == len(seen)


def test_the_same_service_is(configure: Configure) -> None:
    before = fingerprint(TEXT_TO_IMAGE, {"seed": 1})
    configure({"base_url": "https://private-gateway.example/volcv/v1/", "api_key": "another-key-123", "timeout": 7})
    assert fingerprint(TEXT_TO_IMAGE, {"seed": 1}) == before
    configure({}, active="work", profiles={"work": GATEWAY})
    assert fingerprint(TEXT_TO_IMAGE, {"seed": 1}) == before


def test_the_fingerprint_says_nothing_private() -> None:
    """ComfyUI writes it into saved pictures."""
    text = str(fingerprint(TEXT_TO_IMAGE, {"seed": 1}))
    assert "private-gateway" not in text and KEY not in text and len(text) == 16

"""Models whose pages come from the API catalog: every key is served, and refused as its entry says."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.gateway.pages import PAGES
from tests.gateway.pages.fields import Field, Page
from tests.gateway.pages.from_catalog import catalog_pages
from tests.gateway.pages.gateway import GATEWAY_PAGES
from tests.gateway.pages.native import NATIVE_PAGES
from tests.gateway.pages.seeds import SEED_PAGES

from .helpers import FIRST, MASK, PICTURE, RESULT, SUBMIT, encode, noise, picture_of, post, status

WEB = "https://example.com/a.jpg"
TEXT_30, IMAGE_30, IMAGE_46 = "jimeng_t2i_v30", "jimeng_i2i_v30", "jimeng_seedream46_cvtob"
PAINT, EXTRACT, FILM_720 = "jimeng_image2image_dream_inpaint", "jimeng_i2i_extract_tiled_images", "jimeng_t2v_v30"
FACES, FACES_AI, OLD_PHOTO, DRESS = "face_swap3_6", "faceswap_ai", "lens_opr", "dressing_diffusionV2"
LIPS, AVATAR, EFFECTS = "realman_change_lips", "jimeng_realman_avatar_picture_omni_v15", "i2i_multi_style_zx2x"
SMOOTH = "img2img_anime_accelerated_maintain_id"


@pytest.fixture(scope="module")
def server() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running


def value_of(field: Field) -> Any:
    """A value that a field takes."""
    if field.kind in ("object", "objects"):
        inner = {one.name: value_of(one) for one in field.fields or () if one.required}
        return [inner] if field.kind == "objects" else inner
    if field.kind in ("url", "picture_url"):
        return WEB
    if field.kind in ("urls", "texts"):
        return [WEB]
    return field.choices[0] if field.choices else field.default or "x"


def pictures_of(page: Page) -> list[str]:
    least, most = page.pictures or (0, 0)
    return [PICTURE, MASK] if page.masked and least == 2 else picture_of(400, 400) * (least or min(1, most or 0))


#: Where the smallest body needs more than the fields that are required each for itself.
EXTRA: dict[str, dict[str, Any]] = {
    DRESS: {"model": {"url": WEB}, "garment": {"data": [{"type": "full", "url": WEB}]}},
    SMOOTH: {"face_image": FIRST},
    "high_aes_general_v14_ip_keep": {"model_version": "general_v1.4"},
}


def small(key: str, **changes: Any) -> dict[str, Any]:
    """The smallest body of a model; None removes a field."""
    page = PAGES[key]
    fields = {one.name: value_of(one) for one in page.fields if one.required and one.name != "req_key"}
    sides = {one.name: max(64, int(one.low or 0)) for one in page.fields if one.name in ("width", "height")}
    if key == IMAGE_46:
        sides = {"size": 1024 * 1024}
    known = {one.name for one in page.fields}
    sent = {"binary_data_base64": pictures_of(page)} if "binary_data_base64" in known and key != DRESS else {}
    merged = {"req_key": key, **fields, **sides, **sent, **EXTRA.get(key, {}), **changes}
    return {name: value for name, value in merged.items() if value is not None}


def served(server: Gateway, body: Mapping[str, Any], way: tuple[str, ...], **wanted: Any) -> Any:
    """The answer to a body that is called in that way, a task's result included."""
    answer = post(server, body, action=way[0])
    if len(way) == 1 or answer.json()["code"] != 10000:
        return answer
    asked = {"req_json": json.dumps(wanted)} if wanted else {}
    return post(
        server, {"req_key": body["req_key"], "task_id": answer.json()["data"]["task_id"], **asked}, action=way[1]
    )


BY_HAND = {page.req_key for page in (*SEED_PAGES, *GATEWAY_PAGES, *NATIVE_PAGES)}


@pytest.mark.parametrize("key", [page.req_key for page in catalog_pages() if page.req_key not in BY_HAND])
def test_every_key_of_the_catalog_is_taken_by_its_actions(server: Gateway, key: str) -> None:
    server.clear()
    body = small(key)
    for way in PAGES[key].actions:
        answer = post(server, body, action=way[0])
        assert answer.json()["code"] == 10000, answer.text[:300]
    assert server.charged == len(PAGES[key].actions)
    refused = post(server, {**body, "colour": 1}, action=PAGES[key].actions[0][0]).json()
    assert (refused["code"], "colour" in refused["message"]) == (50200, True)


@pytest.mark.parametrize(
    ("key", "action"),
    [
        (TEXT_30, "CVProcess"),
        (TEXT_30, "CVSubmitTask"),
        (TEXT_30, "CVGetResult"),
        (LIPS, SUBMIT),
        (LIPS, RESULT),
        (LIPS, "CVProcess"),
        (FACES, "FaceswapAI"),
        (FACES, SUBMIT),
        (FACES_AI, "CVProcess"),
        (FACES_AI, "FaceSwap"),
        (OLD_PHOTO, "CVProcess"),
        ("entity_seg", "ConvertPhotoV2"),
        ("high_aes_general_v14", "EntitySegment"),
        ("saliency_seg", RESULT),
    ],
)
def test_another_model_s_action_is_refused(server: Gateway, key: str, action: str) -> None:
    server.clear()
    polled = {"req_key": key, "task_id": "1"}
    answer = post(server, polled if action.endswith("Result") else small(key), action=action)
    assert (answer.status_code, answer.json()["code"]) == (400, 50402)
    assert PAGES[key].actions[0][0] in answer.json()["message"]
    assert server.charged == 0


GARMENT = {"type": "full", "url": WEB}
REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    # presence and types
    (TEXT_30, {"prompt": None}, 50201, "prompt"),
    (TEXT_30, {"use_pre_llm": 1}, 50204, "use_pre_llm"),
    (FACES_AI, {"gpen": None}, 50201, "gpen"),
    (FACES_AI, {"gpen": "0.9"}, 50204, "gpen"),
    (FACES, {"merge_infos": {}}, 50204, "merge_infos"),
    (FACES, {"source_similarity": 1}, 50204, "source_similarity"),
    # official ranges, choices and lengths
    (IMAGE_30, {"width": 511}, 50200, "width"),
    (IMAGE_30, {"scale": 1.1}, 50200, "scale"),
    (IMAGE_46, {"scale": 0}, 50200, "scale"),
    (IMAGE_46, {"width": 2048}, 50201, "height"),
    (IMAGE_46, {"width": 500, "height": 500}, 50200, "width"),
    (EXTRACT, {"height": 4097}, 50200, "height"),
    (FILM_720, {"frames": 120}, 50200, "frames"),
    (FILM_720, {"prompt": "x" * 801}, 50200, "800"),
    (EFFECTS, {"template_id": "felt"}, 50200, "template_id"),
    # fields of the request for the result
    (TEXT_30, {"return_url": True}, 50200, "return_url"),
    (TEXT_30, {"logo_info": {}}, 50200, "logo_info"),
    (FILM_720, {"aigc_meta": {}}, 50200, "aigc_meta"),
    # pictures
    (IMAGE_30, {"binary_data_base64": None}, 50206, "image_urls"),
    (IMAGE_30, {"binary_data_base64": [PICTURE] * 2}, 50200, "at most 1"),
    (IMAGE_30, {"binary_data_base64": picture_of(64, 64, "BMP")}, 50200, "BMP"),
    (IMAGE_30, {"binary_data_base64": picture_of(400, 100)}, 50205, "3 to 1"),
    (IMAGE_30, {"binary_data_base64": ["A" * 6_266_672]}, 50213, "6266668"),
    (PAINT, {"binary_data_base64": [PICTURE, PICTURE]}, 50215, "mode L"),
    (PAINT, {"binary_data_base64": [encode(noise(95, 64)), MASK]}, 50215, "equal size"),
    (FACES, {"binary_data_base64": [PICTURE]}, 50206, "binary_data_base64"),
    (SMOOTH, {"face_image": PICTURE}, 50200, "face_image"),
    (SMOOTH, {"face_image": "uri://binary_data?index=1"}, 50200, "face_image"),
    # addresses
    (AVATAR, {"image_url": FIRST}, 50200, "image_url"),
    (AVATAR, {"audio_url": "a.mp3"}, 50200, "audio_url"),
    (AVATAR, {"mask_url": WEB}, 50204, "mask_url"),
    (AVATAR, {"mask_url": [WEB, "ftp://a/b"]}, 50200, "mask_url"),
    (EFFECTS, {"image_input1": PICTURE}, 50200, "image_input1"),
    # nested fields
    (DRESS, {"garment": None}, 50201, "garment"),
    (DRESS, {"garment": {}}, 50201, "garment.data"),
    (DRESS, {"garment": {"data": [{"url": WEB}]}}, 50201, "garment.data[0].type"),
    (DRESS, {"garment": {"data": [GARMENT, {**GARMENT, "type": "hat"}]}}, 50200, "garment.data[1].type"),
    (DRESS, {"garment": {"data": [{**GARMENT, "url": "x"}]}}, 50200, "garment.data[0].url"),
    (DRESS, {"garment": {"data": [{**GARMENT, "id": "1"}]}}, 50200, "garment.data[0].id"),
    (DRESS, {"garment": {"data": [GARMENT] * 3}}, 50200, "garment.data"),
    (DRESS, {"garment": {"data": [{"type": "full"}]}}, 50201, "garment.data[0].url"),
    (DRESS, {"model": {}}, 50201, "model.url"),
    (DRESS, {"inference_config": {"do_sr": 1}}, 50204, "inference_config.do_sr"),
    (DRESS, {"inference_config": {"num_steps": 51}}, 50200, "inference_config.num_steps"),
    (DRESS, {"inference_config": {"sr": True}}, 50200, "inference_config.sr"),
    (DRESS, {"binary_data_base64": [PICTURE] * 2}, 50200, "req_image_store_type"),
    (DRESS, {"req_image_store_type": 0, "model": None}, 50206, "binary_data_base64"),
]


@pytest.mark.parametrize(("key", "changes", "code", "named"), REFUSED)
def test_refused(server: Gateway, key: str, changes: dict[str, Any], code: int, named: str) -> None:
    server.clear()
    answer = post(server, small(key, **changes), action=PAGES[key].actions[0][0])
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text[:300]
    assert named in answer.json()["message"]
    assert server.charged == 0


TAKEN: list[tuple[str, dict[str, Any]]] = [
    # ranges that third parties state, or that have no source
    (TEXT_30, {"width": 400, "height": 300}),
    (EFFECTS, {"width": 256, "height": 256}),
    ("i2i_portrait_photo", {"gpen": 2.0}),
    # one of the two arrays
    (FACES, {"binary_data_base64": None, "image_urls": [WEB, WEB]}),
    (FACES_AI, {"binary_data_base64": None, "image_urls": [WEB, WEB]}),
    ("img2img_ai_doodle_dreamina", {"binary_data_base64": None, "image_urls": [WEB]}),
    (IMAGE_30, {"width": 1024, "height": 1536}),
    (IMAGE_46, {"callback_url": WEB}),
    (IMAGE_46, {"binary_data_base64": picture_of(400, 400) * 14}),
    (
        DRESS,
        {"req_image_store_type": 0, "binary_data_base64": [PICTURE] * 2, "model": None, "garment": {"data": [GARMENT]}},
    ),
]


@pytest.mark.parametrize(("key", "changes"), TAKEN)
def test_taken(server: Gateway, key: str, changes: dict[str, Any]) -> None:
    answer = post(server, small(key, **changes), action=PAGES[key].actions[0][0])
    assert answer.json()["code"] == 10000, answer.text[:300]


@pytest.mark.parametrize(("key", "refused"), [(FILM_720, "return_url"), (FILM_720, "logo_info"), (TEXT_30, "prompt")])
def test_a_result_is_asked_for_with_the_fields_of_its_page(server: Gateway, key: str, refused: str) -> None:
    way = PAGES[key].actions[0]
    label = {"aigc_meta": {"producer_id": "me"}}
    assert status(served(server, small(key), way, **label)) == "done"
    content = served(server, small(key), way, **label, **{refused: True}).json()
    assert (content["code"], f"req_json.{refused}" in content["message"]) == (50200, True)


def test_pictures_behind_fields_have_the_limits_of_their_page(server: Gateway) -> None:
    upload = server.put(noise(96, 64).tobytes(), "png")
    broken = post(server, small(AVATAR, image_url=upload), action="CVSubmitTask").json()
    assert (broken["code"], "image_url" in broken["message"]) == (50207, True)


def test_a_poll_of_any_pair_is_free(server: Gateway) -> None:
    server.clear()
    for key in ("facefusionmovie_standard_v2", LIPS, DRESS):
        assert status(served(server, small(key), PAGES[key].actions[0])) == "done"
    assert [row.charged for row in server.requests] == [True, False] * 3


@pytest.mark.parametrize("key", [LIPS, "jimeng_realman_avatar_picture_create_role_omni_v15", DRESS])
def test_resp_data_says_that_all_is_well(server: Gateway, key: str) -> None:
    data = served(server, small(key), PAGES[key].actions[0]).json()["data"]
    said = json.loads(data["resp_data"])
    assert (said["code"], said["status"], said["progress"]) == (0, 1, 100)

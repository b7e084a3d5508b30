"""Every request that a node can send, against the API catalog, field by field.

The bodies are built by the client, the entries are those of ``tests/gateway/catalog.json``: neither knows the other.
The tables hold what differs on purpose, each with its reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pytest

from tests.gateway.codes import Refusal
from tests.gateway.pages.fields import Page
from tests.gateway.pages.from_catalog import entries, page_from
from tests.gateway.validate import check_fields
from volcv_client.catalog import all_models
from volcv_client.catalog.inputs import Branch, Combo, Input, JsonText, Numeric, Switch, Text, Widget, WireInput
from volcv_client.catalog.spec import Audio, Control, FileSocket, MaskPicture, Model, Picture, Video
from volcv_client.errors import InputError
from volcv_client.request.body import Draft, draft
from volcv_client.request.inputs import check, holds
from volcv_client.request.json_body import PICTURES_FIELD, with_links, with_uploads
from volcv_client.request.media import MediaFile

from .helpers import colour, half_mask

CATALOG: Mapping[str, Mapping[str, Any]] = {entry["req_key"]: entry for entry in entries()}
MODELS = [one for one in all_models() if not one.any_req_key]
KEYS = [(one, key) for one in MODELS for key in one.req_keys]
LINK = "https://example.com/file"
LABEL = '{"producer_id": "me"}'

NOT_IN_CATALOG: Mapping[tuple[str, str], str] = {
    ("high_aes_general_v20", "use_rephraser"): "a field of the official SDK's request",
    ("high_aes_general_v20", "return_url"): "printed on the gateway's page 289472081",
    ("high_aes_general_v20", "logo_info"): "printed on the gateway's page 289472081",
    ("i2i_xl_sft", "ddim_step"): "the official SDK's name of ddim_steps",
    ("t2i_xl_sft", "ddim_step"): "the official SDK's name of ddim_steps",
    ("jimeng_ti2v_v30_pro", "req_json.logo_info"): "an input of the first release, which saved graphs hold",
}
"""Fields that are sent beside the catalog's."""

NOT_SENT: Mapping[tuple[str, str], str] = {
    ("", "image_urls"): "pictures travel in binary_data_base64, and as links where the profile wants so",
    ("", "callback_url"): "results are polled for",
    ("dressing_diffusionV2", "model.url"): "pictures travel in binary_data_base64, which req_image_store_type 0 says",
    ("dressing_diffusionV2", "garment.data[].url"): "as model.url",
    ("entity_seg", "return_url"): "its page says that links are not supported yet",
    ("face_swap3_6", "merge_infos"): "a list of objects, for which no input stands; Any model sends it",
}
"""Documented fields that a node does not send, of one model or of all."""

OTHER_DEFAULTS: Mapping[tuple[str, str], str] = {
    ("", "return_url"): "the example on the model's page has true; the picture is the same",
    ("dressing_diffusionV2", "req_image_store_type"): "pictures travel in binary_data_base64",
    ("entity_seg", "return_format"): "the one form whose pictures are masks and nothing else",
    ("img2img_e_commerce_style", "light_position"): "the example on the seed page has Top Light",
    ("saliency_seg", "only_mask"): "full size keeps picture and mask aligned with the source",
}
"""Defaults that are not the catalog's, of one model or of all."""

OTHER_WAYS: Mapping[str, str] = {}
"""Models that are also called in a way that the catalog does not list."""


@dataclass(frozen=True)
class Case:
    """Inputs of one call; ``lead`` is the input that differs from its default."""

    lead: str
    given: Mapping[str, Any]


@lru_cache(maxsize=1)
def files() -> Mapping[type[FileSocket], Any]:
    """What is connected, large enough for every model."""
    media = MediaFile(b"film")
    return {Picture: colour(640, 480), MaskPicture: half_mask(640, 480), Video: media, Audio: media}


def connected(one: Model, *, all_of_them: bool) -> dict[str, Any]:
    sockets = {i.name: files()[type(i)] for i in one.sockets() if i.required or all_of_them}
    if all_of_them:
        sockets |= {i.name: [Control(colour(), "depth", 0.5)] for i in one.inputs if i.kind == "controls"}
        sockets |= {i.name: {"add_logo": True, "position": 1} for i in one.inputs if i.kind == "watermark"}
    return sockets


def filled(one: Model, given: dict[str, Any]) -> dict[str, Any]:
    """With what the model needs and has no default for."""
    for i in one.all_inputs():
        if isinstance(i, Text) and i.required and not given[i.name].strip():
            given[i.name] = "a cat"
    for need in one.requires:
        if holds(need.only_if, one, given) and not any(one.input(name).is_given(given) for name in need.any_of):
            wanted = one.input(need.any_of[0])
            given[wanted.name] = "a cat" if isinstance(wanted, Text) else other_values(wanted)[0]
    return given


def other_values(i: Input) -> list[Any]:
    """Values of an input beside its default: each other choice, the ends of each range, a text."""
    if isinstance(i, FileSocket):
        return [files()[type(i)]]
    if isinstance(i, Combo):
        return [label for label in i.options if label != i.default]
    if isinstance(i, Switch):
        return [not i.default]
    if isinstance(i, JsonText):
        return [LABEL] if i.path else []
    if isinstance(i, Numeric):
        advised = (i.advice.low, i.advice.high) if i.advice else ()
        return [value for value in dict.fromkeys((*advised, i.low, i.high)) if value not in (i.default, i.omit)]
    return [LINK if "url" in i.name else "a dog"] if isinstance(i, Text) else []


def cases(one: Model, key: str) -> Iterator[Case]:
    """The defaults, with every picture and only with those that are needed, and each other value of each input."""
    chosen = one.choices_of_req_key().get(key, {})
    start = {**one.defaults(), **chosen}
    yield Case("", filled(one, {**start, **connected(one, all_of_them=False)}))
    every = filled(one, {**start, **connected(one, all_of_them=True)})
    yield Case("", every)
    arms = [(outer, arm, i) for outer in one.inputs for arm, i in inner(outer)]
    for outer, arm, i in [*((None, "", i) for i in one.inputs), *arms]:
        for value in other_values(i) if isinstance(i, Widget) and i.name not in chosen else ():
            needed = {name: label for name, label in i.only_if.items() if isinstance(label, str)}
            within = {outer.name: arm} if outer else {}
            given = {**every, **needed, **within, i.name: value}
            absent = [name for name, wanted in i.only_if.items() if wanted is False]
            yield Case(i.name, in_area(one, {name: value for name, value in given.items() if name not in absent}, i))


def in_area(one: Model, given: dict[str, Any], lead: Input) -> dict[str, Any]:
    """With a width and height that fit the other values, unless one of them is looked at."""
    for area in one.areas:
        sides = (area.width, area.height)
        if lead.name not in sides and sides[0] in given and holds(area.only_if, one, given):
            given |= dict.fromkeys(sides, max(area.sides[0], math.isqrt(area.low)))
    return given


def inner(outer: Input) -> Iterator[tuple[str, Input]]:
    for label, arm in outer.options.items() if isinstance(outer, Branch) else ():
        yield from ((label, i) for i in arm.inputs)


@dataclass(frozen=True)
class Sent:
    """A request as the service gets it."""

    case: Case
    draft: Draft

    @property
    def pictures(self) -> int:
        return sum(not item.upload for item in self.draft.attachments)

    @property
    def body(self) -> dict[str, Any]:
        uploads = sum(item.upload for item in self.draft.attachments)
        body: dict[str, Any] = with_uploads(self.draft.json, [LINK] * uploads)
        if self.pictures and PICTURES_FIELD in documented(body["req_key"]):
            return {**body, PICTURES_FIELD: ["QUJD"] * self.pictures}
        return with_links(body, [LINK] * self.pictures) if self.pictures else body


@lru_cache(maxsize=256)
def requests_of(key: str) -> tuple[Sent, ...]:
    """Every case that the node does not refuse itself; never without those of the defaults."""
    one = next(one for one, own in KEYS if own == key)
    found = []
    for case in cases(one, key):
        try:
            check(one, case.given)
        except InputError:
            assert case.lead, f"{key} refuses its own defaults"
            continue
        sent = Sent(case, draft(one, case.given))
        if sent.draft.json["req_key"] == key:
            found.append(sent)
    return tuple(found)


def paths_of(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every place in a body without indices, with what stands there."""
    if path:
        yield path, value
    for name, item in value.items() if isinstance(value, dict) and path != "logo_info" else ():
        yield from paths_of(item, f"{path}.{name}".lstrip("."))
    for item in value if isinstance(value, list) and value and isinstance(value[0], dict) else ():
        for inner_path, one in paths_of(item):
            yield f"{path}[].{inner_path}", one


def documented(key: str) -> dict[str, Mapping[str, Any]]:
    return {row["name"]: row for row in CATALOG[key]["inputs"]}


def page(key: str) -> Page:
    return page_from(CATALOG[key])


def known(key: str, body: Mapping[str, Any], within: str = "") -> dict[str, Any]:
    return {name: value for name, value in body.items() if (key, within + name) not in NOT_IN_CATALOG}


def refusals(key: str) -> Iterator[str]:
    """What the entry says against the requests: unknown and missing fields, types, values, numbers of pictures."""
    (least, most), allowed = page(key).pictures or (0, None), page(key).result_fields
    for sent in requests_of(key):
        try:
            check_fields(page(key).fields, known(key, sent.body))
        except Refusal as refusal:
            yield f"{sent.case.lead}: {refusal}"
        wanted = known(key, sent.draft.result_request, "req_json.")
        yield from (f"{sent.case.lead}: unknown field 'req_json.{name}'" for name in wanted if name not in allowed)
        if sent.pictures < least or (most is not None and sent.pictures > most):
            yield f"{sent.case.lead}: {sent.pictures} pictures instead of {least} to {most}"


@pytest.mark.parametrize("key", [key for _, key in KEYS])
def test_every_request_is_as_the_catalog_says(key: str) -> None:
    assert key in CATALOG
    assert list(dict.fromkeys(refusals(key))) == []


@pytest.mark.parametrize(("one", "key"), KEYS, ids=[key for _, key in KEYS])
def test_models_are_called_by_the_catalog_s_actions(one: Model, key: str) -> None:
    ways = [[mode.action, *filter(None, [mode.result_action])] for mode in one.modes.values()]
    assert [way for way in ways if way not in CATALOG[key]["actions"]] == [] or key in OTHER_WAYS


def sendable(key: str) -> set[str]:
    places = {path for sent in requests_of(key) for path, _ in paths_of(sent.body)}
    return places | {f"req_json.{name}" for sent in requests_of(key) for name in sent.draft.result_request}


@pytest.mark.parametrize("key", [key for _, key in KEYS])
def test_every_documented_field_can_be_sent(key: str) -> None:
    wanted = [*documented(key), *(f"req_json.{name}" for name in CATALOG[key].get("req_json", ()))]
    left_out = {name for of, name in NOT_SENT if of in ("", key)}
    assert [name for name in wanted if name not in sendable(key) | left_out] == []


def declared_defaults(one: Model, key: str) -> Iterator[tuple[str, Any]]:
    """Path without indices and default of every field that an input or the model itself sets."""
    chosen = one.choices_of_req_key().get(key, {})
    shown = {i.name: chosen.get(i.name, i.default) for i in one.inputs if isinstance(i, Combo)}
    arms = [i for outer in one.inputs for arm, i in inner(outer) if shown[outer.name] == arm]
    yield from one.fixed.items()
    for i in (*one.inputs, *arms):
        if isinstance(i, Combo):
            yield from i.implied(shown.get(i.name, i.default)).items()
        elif isinstance(i, WireInput) and i.default != getattr(i, "omit", None):
            yield from ((re.sub(r"\[\d+\]", "[]", path), i.default) for path in i.paths)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, float) or isinstance(right, float):
        return left == pytest.approx(right, abs=1e-3)  # widgets round to 0.001
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


@pytest.mark.parametrize(("one", "key"), KEYS, ids=[key for _, key in KEYS])
def test_defaults_are_the_catalog_s(one: Model, key: str) -> None:
    rows = {name: row["default"] for name, row in documented(key).items() if "default" in row}
    meant = {name for of, name in OTHER_DEFAULTS if of in ("", key)}
    found = {path: default for path, default in declared_defaults(one, key) if path in rows and path not in meant}
    assert {path: (value, rows[path]) for path, value in found.items() if not same(value, rows[path])} == {}


@pytest.mark.parametrize(("key", "name"), NOT_IN_CATALOG)
def test_exceptions_are_not_in_the_catalog(key: str, name: str) -> None:
    assert name not in documented(key) and name not in [f"req_json.{one}" for one in CATALOG[key].get("req_json", ())]

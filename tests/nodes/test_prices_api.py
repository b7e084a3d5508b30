"""What the browser learns about prices before a run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from volcv_pack.nodes.server import prices_api
from volcv_pack.volcv_client.catalog import all_models
from volcv_pack.volcv_client.config import edit

KEY = "canary-prices-2c77aa10"
FOUR, FILM = "jimeng_t2i_v40", "jimeng_ti2v_v30_pro"


def good(revision: str = "") -> dict[str, Any]:
    status, body = prices_api.prices(revision)
    assert status == 200
    return json.loads(json.dumps(body))  # type: ignore[no-any-return]


def test_list_prices_with_their_source() -> None:
    body = good()
    assert (body["sandbox"], body["currency"]) == (False, "CNY")
    assert body["prices"][FOUR] == {
        "amount": 0.22,
        "currency": "CNY",
        "per": "picture",
        "own": False,
        "date": "2026-03-31",
        "source": "https://www.volcengine.com/docs/85621/1544714",
        "confidence": "digest",
    }
    assert "high_aes_general_v14" not in body["prices"] and "*" not in body["prices"]


def test_what_decides_the_price_of_a_node() -> None:
    nodes = good()["nodes"]
    assert nodes.keys() == {model.node_id for model in all_models()}
    assert nodes["Volcv_jimeng_t2i_v40"]["single"] == "force_single"
    film = nodes["Volcv_jimeng_ti2v_v30_pro"]
    assert film["seconds"] == {"frames": {"121 (5 s)": 5.0, "241 (10 s)": 10.0}}
    assert (film["req_key"], film["single"], film["pictures"]) == (FILM, "", ["image"])
    assert nodes["Volcv_any"]["req_key"] is None
    choices = nodes["Volcv_stylise"]["choices"]
    assert choices["img2img_water_ink_style"].keys() == {"style"}


def test_the_profile_s_own_prices_win() -> None:
    edit.set_values("default", {"prices": f"USD, 0.1, {FILM}=0.15/second, brand_new=2", "api_key": KEY})
    body = good()
    assert body["currency"] == "USD"
    own = {"currency": "USD", "own": True}
    assert body["prices"][FILM] == {"amount": 0.15, "per": "second", **own}
    assert body["prices"][FOUR] == body["prices"]["*"] == {"amount": 0.1, "per": "call", **own}
    assert body["prices"]["brand_new"] == {"amount": 2.0, "per": "call", **own}
    assert KEY not in json.dumps(body)


def test_the_sandbox_has_none() -> None:
    edit.activate("sandbox")
    body = good()
    assert body["sandbox"] is True and body["prices"] == {} and body["nodes"]


def test_a_known_revision_is_not_sent_again() -> None:
    first = good()
    assert good(first["revision"]) == {"revision": first["revision"]}
    edit.set_values("default", {"prices": "0.1"})
    changed = good(first["revision"])
    assert changed["revision"] != first["revision"] and changed["prices"]["*"]["amount"] == 0.1
    edit.activate("sandbox")
    assert good(changed["revision"])["sandbox"] is True


def test_settings_that_cannot_be_read_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_PRICES", "cheap")
    status, body = prices_api.prices()
    assert status == 503 and "VOLCV_PRICES" in body["error"] and "nodes" not in body

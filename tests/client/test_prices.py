"""List prices, a profile's own prices, estimates of runs, and what the journal keeps of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.gateway import Fault, Gateway
from tests.support.results import begin, result_fields, save
from volcv_client import config
from volcv_client.catalog import all_models, model
from volcv_client.client import Client
from volcv_client.config import Profile
from volcv_client.config.prices import OwnPrice, PriceTable, canonical_prices
from volcv_client.errors import BudgetError, LostAnswerError, VolcvError
from volcv_client.money import CallPrice, estimated, money
from volcv_client.request.plan import plan
from volcv_client.request.price import Estimate, estimate
from volcv_client.store.budget import Allowed, budgets, limits_of
from volcv_client.store.database import Database
from volcv_client.store.entry import Entry, State
from volcv_client.store.journal import Allowance
from volcv_client.store.result import Result
from volcv_client.store.results import ResultStore

from .helpers import SMALL, T2I, client_for, colour, make, profile

PICTURE = b"\x89PNG\r\n\x1a\n"
FOUR, FILM, OLD = "jimeng_t2i_v40", "jimeng_ti2v_v30_pro", "high_aes_general_v21_L"
PRICED = [one for one in all_models() if one.prices]


def priced(key: str, prices: str = "", name: str = "default", **given: Any) -> Estimate:
    one = model(key)
    return estimate(plan(one, given), Profile(name, prices=canonical_prices(prices)))


# Declarations


def test_the_known_prices_are_declared() -> None:
    known = {key: one for each in PRICED for key, one in each.prices.items()}
    assert {key: (one.amount, one.per) for key, one in known.items()} == {
        "high_aes_general_v20": (0.2, "picture"),
        "high_aes_general_v20_L": (0.2, "picture"),
        "high_aes_general_v21_L": (0.2, "picture"),
        "jimeng_i2i_seed3_tilesr_cvtob": (0.4, "call"),
        "jimeng_i2i_v30": (0.2, "picture"),
        "jimeng_image2image_dream_inpaint": (0.2, "call"),
        "jimeng_seedream46_cvtob": (0.22, "picture"),
        "jimeng_t2i_v30": (0.2, "picture"),
        "i2i_dreamlight3_0_background_replace": (0.2, "picture"),
        "i2i_material_extraction": (0.22, "picture"),
        "jimeng_i2i_extract_tiled_images": (0.22, "picture"),
        "jimeng_t2i_v31": (0.2, "picture"),
        "jimeng_t2i_v40": (0.22, "picture"),
        "jimeng_t2v_v30": (0.28, "second"),
        "jimeng_i2v_first_v30": (0.28, "second"),
        "jimeng_i2v_first_tail_v30": (0.28, "second"),
        "jimeng_i2v_recamera_v30": (0.28, "second"),
        "jimeng_t2v_v30_1080p": (0.63, "second"),
        "jimeng_i2v_first_v30_1080": (0.63, "second"),
        "jimeng_i2v_first_tail_v30_1080": (0.63, "second"),
        "jimeng_ti2v_v30_pro": (1.0, "second"),
        "jimeng_dream_actor_m1_gen_video_cv": (0.5, "second"),
        "jimeng_dreamactor_m20_gen_video": (0.4, "second"),
        "jimeng_realman_avatar_picture_omni_v15": (1.0, "second"),
        "video_translate_v2_cvtob": (0.2, "second"),
    }


@pytest.mark.parametrize("one", PRICED, ids=lambda one: one.node_id)
def test_a_list_price_is_plausible_and_has_a_source(one: Any) -> None:
    assert one.prices.keys() <= {*one.req_keys}
    for price in one.prices.values():
        assert 0 <= price.amount < 10 and price.currency == "CNY"
        assert urlsplit(price.source).hostname == "www.volcengine.com"
        assert price.date == "" or price.date.startswith("20")
        assert price.per != "second" or one.video


# A profile's own prices


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("0.1", "CNY, *=0.1"),
        ("usd 0.1, jimeng_t2i_v40=0.2", "USD, *=0.1, jimeng_t2i_v40=0.2"),
        ("a = 0.25 / picture\uff0cb=3/second\nEUR", "EUR, a=0.25/picture, b=3/second"),
        ("high_aes_scheduler_svr_controlnet_v2.0=1.5000/call", "CNY, high_aes_scheduler_svr_controlnet_v2.0=1.5"),
        ("a=0, b=1000, c=0.000001", "CNY, a=0, b=1000, c=0.000001"),
    ],
)
def test_a_price_table_as_text(text: str, canonical: str) -> None:
    assert canonical_prices(text) == canonical
    assert canonical_prices(canonical) == canonical


def test_a_price_table_is_looked_up_by_req_key_then_for_all() -> None:
    table = PriceTable.parse("USD, 0.1, a=0.2/second")
    assert (table.price("a"), table.price("b")) == (OwnPrice(0.2, "second"), OwnPrice(0.1))
    assert PriceTable.parse("a=0.2").price("b") is None and PriceTable.parse("").price("a") is None


def test_money_is_said_with_the_digits_that_matter() -> None:
    assert [money(one, "CNY") for one in (0.88, 4.4, 5, 0.005, 0.1 + 0.2)] == [
        "CNY 0.88", "CNY 4.40", "CNY 5.00", "CNY 0.005", "CNY 0.30",
    ]  # fmt: skip
    assert estimated({"USD": 0.05, "CNY": 0.88}) == "about CNY 0.88 + USD 0.05, estimated"
    assert estimated({}) == ""


# Estimates


def test_count_times_batch_times_price() -> None:
    assert priced(OLD, prompt="x", count=4) == Estimate(4, 0.8, "CNY", exact=True)
    pictures = [colour(), colour(), colour()]
    own = priced("byteedit_v2.0", "USD, byteedit_v2.0=0.03", image=pictures, prompt="x", count=2)
    assert own == Estimate(6, 0.18, "USD", exact=True)


def test_several_pictures_of_one_call_make_the_amount_a_lower_bound() -> None:
    assert priced(FOUR, prompt="x", count=4) == Estimate(4, 0.88, "CNY", exact=False)
    assert priced(FOUR, prompt="x", count=4, force_single=True) == Estimate(4, 0.88, "CNY", exact=True)
    assert priced(FOUR, f"{FOUR}=0.5/picture", prompt="x") == Estimate(1, 0.5, "CNY", exact=False)
    assert priced(FOUR, f"{FOUR}=0.5", prompt="x") == Estimate(1, 0.5, "CNY", exact=True)


def test_a_video_is_priced_by_its_seconds() -> None:
    assert priced(FILM, prompt="x") == Estimate(1, 5.0, "CNY", exact=True)
    assert priced(FILM, prompt="x", frames="241 (10 s)", count=2) == Estimate(2, 20.0, "CNY", exact=True)
    assert priced(FILM, "USD, 0.15/second", prompt="x", frames="241 (10 s)").amount == 1.5
    assert priced(FILM, "0.6", prompt="x").amount == 0.6, "own prices are per call unless they say otherwise"


def test_unknown_prices_and_lengths_are_none() -> None:
    assert priced(T2I, prompt="x", count=3) == Estimate(3, None, "CNY", exact=False)
    assert priced(T2I, "0.1/second", prompt="x").amount is None
    assert priced(T2I, f"{OLD}=0.1", prompt="x").amount is None


def test_any_model_has_the_price_of_the_req_key_that_it_names() -> None:
    assert priced("any", req_key=FOUR, body='{"prompt": "x", "force_single": true}').amount == 0.22
    assert priced("any", req_key=FILM, body='{"prompt": "x", "frames": 241}').amount == 10.0
    assert priced("any", req_key=FILM, body='{"prompt": "x", "frames": [1]}').amount is None
    assert priced("any", req_key=FILM, body='{"prompt": "x"}').amount is None
    assert priced("any", req_key="brand_new").amount is None
    assert priced("any", "brand_new=0.3", req_key="brand_new") == Estimate(1, 0.3, "CNY", exact=True)


def test_a_family_is_priced_by_the_member_that_is_chosen() -> None:
    style = model("stylise")
    (label,) = style.choices_of_req_key()["img2img_water_ink_style"].values()
    given = {"image": [colour()], "style": label}
    assert priced("stylise", "img2img_water_ink_style=0.7, 0.1", **given).amount == 0.7
    assert priced("stylise", "img2img_water_ink_style=0.7, 0.1", image=[colour()]).amount == 0.1


def test_the_sandbox_has_no_prices() -> None:
    assert priced(FOUR, name="sandbox", prompt="x").amount is None
    client = client_for(config.profile("sandbox"))
    make(client, {"prompt": "x"}, key=OLD)
    assert client.store.newest(1)[0].amount is None and client.store.spending_since(0.0) == []


def test_the_python_api_estimates() -> None:
    client = Client(profile("http://127.0.0.1:9"))
    assert client.estimate(client.plan(OLD, prompt="x", count=2)) == Estimate(2, 0.4, "CNY", exact=True)


# What the journal keeps


def spent(store: ResultStore) -> dict[str, tuple[int, int, Mapping[str, float], int]]:
    return {one.req_key: (one.calls, one.unknown, one.amounts, one.unpriced) for one in store.spending_since(0.0)}


def test_a_call_keeps_the_price_of_its_time(server: Gateway) -> None:
    key = {"key": OLD}
    first = client_for(profile(server.url))
    make(first, {"prompt": "x", "count": 2, "width": 128, "height": 128}, **key)
    dearer = client_for(profile(server.url, prices="CNY, *=0.5"))
    make(dearer, {"prompt": "x", "width": 128, "height": 128}, **key)
    abroad = client_for(profile(server.url, prices="USD, *=0.03"))
    make(abroad, {"prompt": "x", "width": 128, "height": 128}, **key)
    make(first, SMALL)
    assert spent(first.store) == {OLD: (4, 0, {"CNY": 0.9, "USD": 0.03}, 0), T2I: (1, 0, {}, 1)}
    assert [one.amount for one in first.store.newest(3)] == [None, 0.03, 0.5]
    first.store.clear()
    assert spent(first.store)[OLD] == (4, 0, {"CNY": 0.9, "USD": 0.03}, 0), "deleted results stay counted"


def test_a_reused_result_costs_nothing_more(server: Gateway) -> None:
    client = client_for(profile(server.url, prices="CNY, *=0.5"))
    for _ in range(3):
        make(client, {**SMALL, "seed": 5})
    assert spent(client.store) == {T2I: (1, 0, {"CNY": 0.5}, 0)}


def test_a_call_without_an_answer_is_in_no_amount(server: Gateway) -> None:
    server.inject(Fault(cut="before_headers"))
    client = client_for(profile(server.url, prices="CNY, *=0.5"))
    with pytest.raises(LostAnswerError):
        make(client, SMALL)
    assert spent(client.store) == {T2I: (0, 1, {}, 0)}


def test_a_refused_call_costs_nothing(server: Gateway) -> None:
    server.inject(Fault(code=50411))
    client = client_for(profile(server.url, prices="CNY, *=0.5"))
    with pytest.raises(VolcvError):
        make(client, SMALL)
    assert spent(client.store) == {}


@pytest.mark.parametrize(("per_picture", "amount"), [(True, 0.66), (False, 0.22)])
def test_each_picture_of_an_answer_counts_where_it_is_charged(tmp_path: Path, per_picture: bool, amount: float) -> None:
    store = ResultStore(tmp_path / "results")
    price = CallPrice(0.22, "CNY", per_picture, exact=False)
    links = ("https://a/1", "https://a/2", "https://a/3")
    one = Result(**result_fields(1, req_key=FOUR, price=price))
    save(store, replace(one, image_urls=links), [PICTURE], problem="link_expired")
    assert spent(store) == {FOUR: (1, 0, {"CNY": amount}, 0)}, "only one of three is there, three were charged"
    save(store, replace(one, request_id="other"), [PICTURE + bytes([n]) for n in range(3)])
    assert spent(store)[FOUR][2] == {"CNY": round(2 * amount, 2)}
    assert store.newest(1)[0].price == price


def test_a_store_without_amounts_is_extended(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "results")
    save(store, Result(**result_fields(1)), [PICTURE])
    with closing(sqlite3.connect(store.folder / "index.db")) as connection:
        connection.execute("DROP INDEX calls_by_period")
        connection.execute("ALTER TABLE calls DROP COLUMN amount")
        connection.execute("ALTER TABLE calls DROP COLUMN currency")
        connection.execute("PRAGMA user_version = 1")
    again = ResultStore(store.folder)
    assert spent(again) == {T2I: (1, 0, {}, 1)} and len(again.newest(5)) == 1
    save(again, Result(**result_fields(2, price=CallPrice(0.2, "CNY"))), [PICTURE])
    assert spent(again) == {T2I: (2, 0, {"CNY": 0.2}, 1)}
    assert Database(store.folder / "index.db").read(lambda one: one.execute("PRAGMA user_version").fetchone()) == (2,)


# Limits of money


def test_a_run_beyond_the_budget_is_not_sent(server: Gateway) -> None:
    client = client_for(profile(server.url, prices="CNY, *=0.22", daily_budget=0.88))
    make(client, {**SMALL, "seed": 1, "count": 3})
    with pytest.raises(BudgetError) as caught:
        make(client, {**SMALL, "seed": 10, "count": 2})
    assert caught.value.key == "daily_budget"
    assert caught.value.values == {"limit": "CNY 0.88", "needed": "CNY 0.44", "left": "CNY 0.22"}
    assert server.charged == 3
    assert len(make(client, {**SMALL, "seed": 1, "count": 4}).pictures) == 4, "three of them are stored"
    with pytest.raises(BudgetError) as caught:
        make(client, {**SMALL, "seed": 50})
    assert "CNY 0.00" in str(caught.value) and server.charged == 4


def test_a_budget_counts_calls_that_may_have_been_charged(server: Gateway) -> None:
    server.inject(Fault(cut="before_headers"))
    client = client_for(profile(server.url, prices="CNY, *=0.6", monthly_budget=1))
    with pytest.raises(LostAnswerError):
        make(client, SMALL)
    with pytest.raises(BudgetError) as caught:
        make(client, SMALL)
    assert caught.value.key == "monthly_budget"


def test_a_budget_knows_its_currency_and_prices_only(server: Gateway) -> None:
    client = client_for(profile(server.url, prices=f"USD, {OLD}=0.5", daily_budget=0.4))
    make(client, SMALL)  # no price is known
    with pytest.raises(BudgetError):
        make(client, {"prompt": "x"}, key=OLD)
    assert server.charged == 1


def test_a_limit_is_checked_when_the_call_begins(tmp_path: Path) -> None:
    """Two runs at a time pass the check before the batch; the journal lets one call in."""
    store = ResultStore(tmp_path / "results")
    one = Result(**result_fields(1, price=CallPrice(0.6, "CNY")))
    limits = limits_of(Profile(daily_budget=1.0))
    begin(store, one)  # 0.60 at the service
    with pytest.raises(BudgetError):
        store.journal.begin(Entry(replace(one, fingerprint="other")), Allowance(99, limits), reuse=False)


def test_what_is_left_of_a_budget(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "results")
    save(store, Result(**result_fields(1, price=CallPrice(0.6, "CNY"))), [PICTURE])
    with begin(store, Result(**result_fields(2, price=CallPrice(0.3, "CNY")))) as row:
        row.sent()
        row.ended(State.UNKNOWN, "timeout")
    found = budgets(store, limits_of(Profile(daily_budget=1.0, daily_limit=9, monthly_limit=100)))
    daily, monthly = found["daily"], found["monthly"]
    assert (daily.limit, daily.money, daily.currency) == (Allowed(9, 7), Allowed(1.0, 0.1), "CNY")
    assert (monthly.limit, monthly.money, monthly.currency) == (Allowed(100, 98), Allowed(), "")
    assert (daily.calls, daily.unknown, daily.amounts, daily.unpriced) == (1, 1, {"CNY": 0.6}, 0)
    assert limits_of(Profile("sandbox", daily_budget=1.0)) == []

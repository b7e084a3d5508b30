"""Paid calls and the limits of a profile

``daily_limit`` and ``monthly_limit`` count charged calls, and those that may have been.
"""

from __future__ import annotations

import pytest

from tests.client.helpers import SMALL, client_for, make, profile
from tests.gateway import Fault, Gateway
from volcv_client import config
from volcv_client.errors import BudgetError, LostAnswerError

from .conftest import Record
from .test_answers import age

A = {**SMALL, "prompt": "A", "seed": 7}


@pytest.mark.parametrize("period", ["daily", "monthly"])
def test_a_call_too_many(period: str, server: Gateway, record: Record) -> None:
    client = client_for(profile(server.url, **{f"{period}_limit": 2}))
    make(client, {**A, "count": 2})
    with pytest.raises(BudgetError) as caught:
        make(client, {**A, "seed": 20})
    assert caught.value.key == f"{period}_limit" and "only 0 of" in str(caught.value)
    assert make(client, {**A, "count": 2}).results[1].reused
    assert server.charged == len(server.requests) == 2
    record(f"{period}_limit 2, a third call", 2, 2, "an error that says what is left; stored results are handed out")


def test_a_batch_counts_as_a_whole(server: Gateway, record: Record) -> None:
    client = client_for(profile(server.url, daily_limit=4))
    make(client, {**A, "count": 2})
    with pytest.raises(BudgetError) as caught:
        make(client, {**A, "count": 5})
    assert caught.value.values["needed"] == 3 and caught.value.values["left"] == 2
    assert server.charged == 2
    record("daily_limit 4, two paid, a batch of five of which two are stored", 2, 2, "refused as a whole")
    assert len(make(client, {**A, "count": 4}).pictures) == 4 and server.charged == 4


def test_calls_without_an_answer_count(server: Gateway) -> None:
    server.inject(Fault(cut="before_headers"))
    client = client_for(profile(server.url, daily_limit=1))
    with pytest.raises(LostAnswerError):
        make(client, A)
    with pytest.raises(BudgetError):
        make(client, A)


def test_yesterday_does_not_count_today(server: Gateway) -> None:
    client = client_for(profile(server.url, daily_limit=1))
    make(client, A)
    age(24 * 3600)
    make(client, {**A, "seed": 8})
    assert server.charged == 2


def test_the_sandbox_is_not_limited() -> None:
    client = client_for(config.profile("sandbox"))
    limited = client_for(profile("http://127.0.0.1:9", daily_limit=1))
    make(client, {**A, "count": 3})
    assert limited.store.charged_since(0.0) == 0

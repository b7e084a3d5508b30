"""Paid calls: one bad answer to a poll

A task of fixed seed; the service finishes it. The fault is what polls get before.
"""

from __future__ import annotations

import pytest

from tests.client.helpers import IMAGE, client_for, make, profile
from tests.gateway import Fault, Gateway
from volcv_client.errors import VolcvError
from volcv_client.store.entry import State

from .conftest import Record

EDIT = "seededit_v3.0"
ASK = "CVSync2AsyncGetResult"
A = {"prompt": "make it night", "seed": 7}
HTML = b"<html>gateway</html>"


def status(name: str) -> Fault:
    return Fault(action=ASK, edit=lambda answer: {**answer, "data": {"status": name}})


POLLS = {
    "50500, HTTP 500": Fault(action=ASK, code=50500),
    "50501, HTTP 200": Fault(action=ASK, code=50501, status=200),
    "not_found right after the submission": status("not_found"),
    "expired": status("expired"),
    "an unknown status": status("thinking"),
    **{f"HTTP {one}": Fault(action=ASK, status=one, body=b"{}") for one in (400, 404, 408, 425, 429, 500, 502, 503)},
    "403 of a firewall": Fault(action=ASK, status=403, body=HTML, content_type="text/html"),
    "200 with a web page": Fault(action=ASK, status=200, body=HTML, content_type="text/html"),
    "a cut answer": Fault(action=ASK, cut="in_body"),
    "a refusal code, once": Fault(action=ASK, code=50411),
}


@pytest.mark.parametrize("name", POLLS)
def test_one_bad_poll(name: str, server: Gateway, record: Record) -> None:
    server.inject(POLLS[name])
    outcome = make(client_for(profile(server.url)), A, IMAGE, key=EDIT)
    submissions = sum("Submit" in one.action for one in server.requests)
    assert len(outcome.pictures) == 1 and submissions == server.charged == 1
    assert "1 call charged" in outcome.summary
    record(name, submissions, server.charged, "the picture")


ENDS = {
    "not_found, again and again": [Fault(action=ASK, edit=status("not_found").edit, times=None)],
    "status failed": [status("failed")],
    "a refusal code, twice": [Fault(action=ASK, code=50411, times=2)],
    "a refusal of output review (50511)": [Fault(task=50511)],
}


@pytest.mark.parametrize("seed", [7, -1])
@pytest.mark.parametrize("name", ENDS)
def test_what_ends_a_task(name: str, seed: int, server: Gateway, record: Record) -> None:
    server.inject(*ENDS[name])
    client = client_for(profile(server.url))
    with pytest.raises(VolcvError):
        make(client, {**A, "seed": seed}, IMAGE, key=EDIT)
    submissions = sum("Submit" in one.action for one in server.requests)
    assert submissions == server.charged == 1, "never a second submission inside one run"
    (entry,) = client.store.journal.select("")
    (spent,) = client.store.spending_since(0.0)
    assert entry.state is State.FAILED and spent.calls == 1
    record(f"{name}, seed {seed}", submissions, server.charged, "an error; the submission counts as charged")

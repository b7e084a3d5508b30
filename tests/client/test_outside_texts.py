"""Texts of answers: no secret gets through, no markup becomes some, no body makes the parser stumble."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from volcv_client.answer.envelope import parse
from volcv_client.errors import RefusedError, VolcvError
from volcv_client.messages import say

from .helpers import KEY, success
from .test_answers import failure, raw

MARKUP = ["[[a|https://e]]", "[[[a|https://e]]", "__LNK0__", "<a href=x>", "</br>", "<!--", "[[a|"]
BRACES = ["{" * 50_000, "{" * 50_000 + "}" * 50_000, '{\\"' * 9_000 + "}", "}{", "\\" * 99 + "{}"]


@pytest.mark.parametrize(
    "body",
    [
        {"detail": f"key {KEY} is wrong"},
        {"errors": [{"message": KEY}]},
        {"odd": {"shape": KEY}},
        {"odd": "x" * 190 + KEY},
        {"code": "upstream_error", "upsream_message": json.dumps(json.dumps({"code": 50412, "message": KEY}))},
        {"code": "upstream_error", "upsream_message": json.dumps({"odd": KEY})},
        [{"odd": KEY}],
    ],
)
def test_no_shape_lets_the_key_through(body: object) -> None:
    error = failure(body, 400)
    assert KEY[:12] not in str(error) + repr(error.__dict__)


def test_a_key_that_json_escapes_is_hidden_as_well() -> None:
    secret = "abc/def+0123456789=="
    for text in (json.dumps({"odd": secret}), json.dumps({"odd": secret}).replace("/", "\\/"), secret):
        for status in (200, 400):
            with pytest.raises(VolcvError) as caught:
                parse(raw(text.encode(), status), secrets=(secret,))
            assert secret[:7] not in str(caught.value)


def test_a_body_without_a_reason_is_quoted_in_200_characters() -> None:
    for body in ({"odd": "x " * 500}, b"<html>" + b"x " * 500, b"x " * 500):
        quoted = failure(body, 400).service_message
        assert len(quoted) == 200 and quoted.endswith("...")


@pytest.mark.parametrize(
    "text", ["[[a|https://e]]", "[[[a|https://e]]", "__LNK0__", "<a href=x>", "</br>", "<!--", "[[a|"]
)
def test_text_from_outside_is_no_markup_on_a_node(text: str) -> None:
    errors = [
        failure({"message": text}, 400),
        failure({"error": {"code": text, "message": "m"}}, 400, X_Request_Id=text),
        failure(success({"binary_data_base64": [], "video_url": text})),
        VolcvError("task_expired", task_id=text),
    ]
    shown = [*map(str, errors), say("note.task_resumed", task_id=text)]
    assert not [one for one in shown if re.search(r"\[\[|<[a-z/!]|__LNK", one)]


@pytest.mark.parametrize("text", ["https://e.example/a", "HTTP://e.example", "ftp://e", "file:///etc", "www.e.example"])
def test_text_from_outside_is_no_link_on_a_node(text: str) -> None:
    shown = str(failure({"message": f"see {text}."}, 400))
    assert not re.search(r"(https?|ftp|file)://|www\.", shown, re.IGNORECASE)
    assert "[:]//" in shown or "www[.]" in shown


def test_an_envelope_inside_itself_without_end_is_read_to_a_limit() -> None:
    body: dict[str, Any] = {"code": 50412, "message": "deep"}
    for _ in range(9):
        body = {"code": "upstream_error", "upsream_message": json.dumps(body)}
    error = failure(body, 406)
    assert error.http_status == 406
    assert isinstance(error, RefusedError)


@pytest.mark.parametrize(
    "text", ["{" * 50_000, "{" * 50_000 + "}" * 50_000, '{\\"' * 9_000 + "}", "}{", "\\" * 99 + "{}"]
)
def test_texts_made_to_break_the_search_for_an_envelope(text: str) -> None:
    for body in ({"message": text}, {"code": "upstream_error", "upsream_message": text}):
        assert isinstance(failure(body, 406), RefusedError)

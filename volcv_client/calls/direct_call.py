"""A direct call: one request whose response holds the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from ..answer.advice import advise
from ..answer.envelope import RawAnswer, parse
from ..catalog.labels import title
from ..config import Profile
from ..errors import (
    BadAnswerError,
    Cancelled,
    Charged,
    DownloadError,
    ParameterError,
    RefusedError,
    SetupError,
    VolcvError,
)
from ..http.transport import Transport
from ..request.body import Request
from ..request.json_body import JsonBody, inline_files, json_body, takes_links, with_links
from ..store.attended import Attended
from ..store.entry import State
from ..store.result import Result
from ..store.results import ResultStore
from .call import Call, Phase


@dataclass(frozen=True)
class Endpoint:
    """The service as a profile reaches it. ``identity`` names the service in fingerprints and the journal: its base
    URL, or "sandbox"; ``credential`` is a hash that tells accounts apart; ``upload_url`` turns pictures into links,
    empty if there is none."""

    profile: Profile
    identity: str
    credential: str
    upload_url: str
    transport: Transport
    store: ResultStore


class DirectCall:
    """Sends the request, again on a retry; links of uploaded pictures are kept between attempts."""

    def __init__(self, endpoint: Endpoint, call: Call, request: Request) -> None:
        """Raises SetupError if the model takes links only and there is no upload address."""
        self._endpoint = endpoint
        self._call = call
        self._request = request
        self._linked = takes_links(request.body, call.model) and (
            call.model.links_only or bool(endpoint.profile.upload_url)
        )
        if self._linked and not endpoint.upload_url:
            raise SetupError("needs_upload_url", title=title(call.model))
        self._json_body: JsonBody | None = None

    def send(self, row: Attended) -> RawAnswer:
        """Send the request; the answer, which is in the journal. Raises VolcvError or Cancelled."""
        began = time.monotonic()
        with self._settling(row):
            raw = self._post(row)
            if raw.status < 400 and raw.content:
                row.answered(raw, time.monotonic() - began)
            with self._upload_hint():
                self._parse(raw)
        self._call.charges += 1
        return raw

    def _post(self, row: Attended) -> RawAnswer:
        check = self._call.token.check
        if self._json_body is None:
            self._json_body = json_body(self._upload_pictures() if self._linked else self._request.body)
        self._call.enter(Phase.WORKING)
        return self._endpoint.transport.post(self._request.mode.action, self._json_body, check, row.sent)

    def _upload_pictures(self) -> dict[str, Any]:
        """The body with links in place of its inline pictures."""
        self._call.enter(Phase.UPLOADING)
        links = []
        for picture in inline_files(self._request.body):
            self._call.token.check()
            links.append(self._endpoint.transport.upload(self._endpoint.upload_url, picture))
        return with_links(self._request.body, links)

    def _parse(self, raw: RawAnswer) -> None:
        model = self._call.model
        parse(raw, texts=model.texts, video=model.video, secrets=self._endpoint.profile.secrets)

    @contextmanager
    def _settling(self, row: Attended) -> Iterator[None]:
        """Record what a failure says about the call: not charged, unknown, or answered in a way nobody can read."""
        try:
            yield
        except Cancelled:
            row.drop()
            raise
        except VolcvError as error:
            answered = row.entry.state is State.ANSWERED
            if error.charged is Charged.NO:
                row.drop()
            elif answered and isinstance(error, BadAnswerError) and error.key != "html_answer":
                self._call.charges += 1
                keep_unread(row, error, row.entry.result)
            else:
                refused = answered and isinstance(error, RefusedError)
                row.ended(State.FAILED if refused else State.UNKNOWN, error.key)
            raise

    @contextmanager
    def _upload_hint(self) -> Iterator[None]:
        """Word a failure for the call's model. A parameter error may mean that the service wants a link where it got
        an inline picture."""
        try:
            yield
        except VolcvError as error:
            advise(error, self._call.model, self._request.mode)
            linkable = not self._linked and takes_links(self._request.body, self._call.model)
            if linkable and isinstance(error, ParameterError):
                error.hint = "upload_url"
            raise


def keep_unread(row: Attended, error: VolcvError, result: Result) -> None:
    """Keep an answer that cannot be used now, with what is known of its result, and let the error say how to go on."""
    row.read(replace(result, request_id=result.request_id or error.request_id), error.key)
    error.request_id = row.entry.result.request_id
    error.hint = "fetch_later" if isinstance(error, DownloadError) else "answer_kept"
    error.values |= {"name": row.entry.name, "file": row.journal.answer_file(row.entry)}

"""A direct call: one request whose response holds the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ..answer.advice import advise
from ..answer.envelope import RawAnswer, parse_for
from ..config import Profile
from ..errors import (
    BadAnswerError,
    Cancelled,
    Charged,
    DownloadError,
    RefusedError,
    VolcvError,
)
from ..http.transport import Transport
from ..request.body import Request
from ..request.json_body import inline_files, json_body, with_links, with_uploads
from ..store.attended import Attended
from ..store.entry import LINKS, State
from ..store.result import Result
from ..store.results import ResultStore
from .call import Call, Phase


@dataclass(frozen=True)
class Endpoint:
    """The service as a profile reaches it. ``identity`` names the service in fingerprints and the journal: its base
    URL, or "sandbox"; ``credential`` is a hash that tells accounts apart; ``upload_url`` turns pictures into links:
    the profile's, else the gateway's own; empty if there is none."""

    profile: Profile
    identity: str
    credential: str
    upload_url: str
    transport: Transport
    store: ResultStore


class DirectCall:
    """Sends the request, again on a retry; links of uploaded files are kept between attempts."""

    def __init__(self, endpoint: Endpoint, call: Call, request: Request) -> None:
        self._endpoint = endpoint
        self._call = call
        self._request = request
        self._links: list[str] = []
        self._upload_links: list[str] = []

    def send(self, row: Attended) -> RawAnswer:
        """Send the request; the answer, which is in the journal. Raises VolcvError or Cancelled."""
        began = time.monotonic()
        with self._settling(row):
            raw = self._post(row)
            if raw.status < 400 and raw.content:
                row.answered(raw, time.monotonic() - began)
            parse_for(self._call.model, raw, self._endpoint.profile.secrets)
        self._call.charges += 1
        return raw

    def _post(self, row: Attended) -> RawAnswer:
        check, body = self._call.token.check, self._request.body
        if uploads := self._request.uploads:
            body = with_uploads(body, self._uploaded(uploads, self._upload_links))
        if row.entry.form == LINKS:
            body = with_links(body, self._uploaded(inline_files(body), self._links))
        self._call.enter(Phase.WORKING)
        return self._endpoint.transport.post(self._request.mode.action, json_body(body), check, row.sent)

    def _uploaded(self, files: Sequence[bytes], links: list[str]) -> list[str]:
        """The links of the files, after what has none yet was uploaded. Raises UploadError."""
        self._call.enter(Phase.UPLOADING)
        for file in files[len(links) :]:
            self._call.token.check()
            links.append(self._endpoint.transport.upload(self._endpoint.upload_url, file))
        return links

    @contextmanager
    def _settling(self, row: Attended) -> Iterator[None]:
        """Record what a failure says about the call: not charged, unknown, or answered in a way nobody can read."""
        try:
            yield
        except Cancelled:
            row.drop()
            raise
        except VolcvError as error:
            advise(error, self._call.model, self._request.mode)
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


def keep_unread(row: Attended, error: VolcvError, result: Result) -> None:
    """Keep an answer that cannot be used now, with what is known of its result, and let the error say how to go on."""
    row.read(replace(result, request_id=result.request_id or error.request_id), error.key)
    error.request_id = row.entry.result.request_id
    error.hint = "fetch_later" if isinstance(error, DownloadError) else "answer_kept"
    error.values |= {"name": row.entry.name, "file": row.journal.answer_file(row.entry)}

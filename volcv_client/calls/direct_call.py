"""A direct call: one request whose response holds the answer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..answer.envelope import Envelope, RawAnswer, parse
from ..catalog.labels import title
from ..config import Profile
from ..errors import ParameterError, SetupError
from ..http.transport import Transport
from ..request.body import Request
from ..request.json_body import JsonBody, inline_files, json_body, takes_links, with_links
from ..store.results import ResultStore
from .call import Call, Phase
from .cancel import SharedToken
from .shared import SharedState


@dataclass(frozen=True)
class Endpoint:
    """The service as a profile reaches it. ``identity`` names the service in fingerprints and tasks: its base URL, or
    "sandbox"; ``upload_url`` turns pictures into links, empty if there is none."""

    profile: Profile
    identity: str
    upload_url: str
    transport: Transport
    store: ResultStore
    shared: SharedState


class DirectCall:
    """Calling it sends the request (again, on a retry); links of uploaded pictures are kept between attempts."""

    def __init__(self, endpoint: Endpoint, call: Call, body: Request) -> None:
        """Raises SetupError if the model takes links only and there is no upload address."""
        self.notes: list[str] = []
        self._endpoint = endpoint
        self._call = call
        self._body = body
        self._linked = takes_links(body.body, call.model) and (
            call.model.links_only or bool(endpoint.profile.upload_url)
        )
        if self._linked and not endpoint.upload_url:
            raise SetupError("needs_upload_url", title=title(call.model))
        self._json_body: JsonBody | None = None

    def __call__(self, token: SharedToken) -> Envelope:
        return self._parse(self._post(token))

    def complete(self, request_id: str) -> None:
        """The result is stored."""

    def close(self) -> None:
        """Release what the call holds."""

    def _post(self, token: SharedToken) -> RawAnswer:
        if self._json_body is None:
            self._json_body = json_body(self._upload_pictures(token) if self._linked else self._body.body)
        self._call.enter(Phase.WORKING)
        return self._endpoint.transport.post(self._body.mode.action, self._json_body, token.check)

    def _upload_pictures(self, token: SharedToken) -> dict[str, Any]:
        """The body with links in place of its inline pictures."""
        self._call.enter(Phase.UPLOADING)
        links = []
        for picture in inline_files(self._body.body):
            token.check()
            links.append(self._endpoint.transport.upload(self._endpoint.upload_url, picture))
        return with_links(self._body.body, links)

    def _parse(self, raw: RawAnswer) -> Envelope:
        model = self._call.model
        with self._upload_hint():
            return parse(raw, texts=model.texts, video=model.video, secrets=self._endpoint.profile.secrets)

    @contextmanager
    def _upload_hint(self) -> Iterator[None]:
        """A parameter error may mean that the service wants a link where it got an inline picture."""
        try:
            yield
        except ParameterError as error:
            if not self._linked and takes_links(self._body.body, self._call.model):
                error.hint = "upload_url"
            raise

"""The checks that cost nothing: address, key, clock, a task that does not exist, upload address.

One request for the result of a task that does not exist tells the first four; the fifth uploads a tiny picture and
fetches it again.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from enum import Enum
from typing import Any

import PIL.Image

from ..answer.envelope import RawAnswer, parse_data
from ..answer.raw import date_of
from ..client import Client, about_request
from ..errors import BusyError, CredentialError, QuotaError, ServiceFaultError, SetupError, UploadError, VolcvError
from ..http.session import host_of
from ..messages import say

CLOCK_SECONDS = 300.0
"""How far a clock may be off: signed requests are refused beyond 15 minutes, and a clock that is off drifts on."""

ANSWER_SECONDS = 20.0
"""Time limit of an answer: nothing is generated, so that the profile's own limit is too long."""

NAMES = ("address", "key", "clock", "task", "upload")
TINY = (16, 16)
"""Width and height in pixels of the picture that is uploaded."""


class State(str, Enum):
    """Outcome of a check."""

    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One check: its name, its outcome, what there is to say of it, and the facts of it for a report."""

    name: str
    state: State
    text: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """All of it in the user's language."""
        outcome, title = say(f"check.state.{self.state.value}"), say(f"check.{self.name}")
        return say("check.line", outcome=outcome, title=title, text=self.text)


def free_checks(client: Client) -> Iterator[Check]:
    """The outcome of every check, in the order of :data:`NAMES`, each as soon as it is known. Never charged."""
    quick = Client(replace(client.profile, timeout=min(client.profile.timeout, ANSWER_SECONDS)), pool=client.pool)
    try:
        yield from checks_of(quick)
    finally:
        quick.executor.transport.close()


def checks_of(client: Client) -> Iterator[Check]:
    raw, began, error = None, time.time(), None
    try:
        raw = client.ask_in_vain()
        parse_data(raw, secrets=client.profile.secrets)
    except VolcvError as failure:
        error = failure
    ended = time.time()
    address = address_check(client, raw, error, ended - began)
    yield address
    if raw is None or address.state is State.FAILED:
        for name in NAMES[1:]:
            yield Check(name, State.SKIPPED, say("check.no_address"))
        return
    key = key_check(error)
    yield key
    yield clock_check(client, raw, (began + ended) / 2)
    yield task_check(key, error)
    yield Check("upload", State.SKIPPED, say("check.no_key")) if key.state is State.FAILED else upload_check(client)


def address_check(client: Client, raw: RawAnswer | None, error: VolcvError | None, seconds: float) -> Check:
    """Whether something answers there, and is this API."""
    expected = (BusyError, CredentialError, QuotaError, ServiceFaultError)
    if error is not None and error.key == "timeout":  # its text would name the profile's own limit
        error = SetupError("test_timeout", seconds=round(client.profile.timeout))
    if raw is None or not (error is None or about_request(error) or isinstance(error, expected)):
        return Check("address", State.FAILED, str(error), error_facts(error))
    host = host_of(client.profile.base_url)
    facts = {"seconds": round(seconds, 3), "http_status": raw.status, "server": raw.headers.get("Server", "")}
    return Check("address", State.OK, say("check.address.ok", host=host, seconds=f"{seconds:.2f}"), facts)


def key_check(error: VolcvError | None) -> Check:
    """Whether the credentials are accepted; not known while the service is busy or out of order."""
    if isinstance(error, (CredentialError, QuotaError)):
        return Check("key", State.FAILED, str(error), error_facts(error))
    if error is not None and not about_request(error):
        return Check("key", State.SKIPPED, say("check.key.unknown"), error_facts(error))
    return Check("key", State.OK, say("check.key.ok"))


def clock_check(client: Client, raw: RawAnswer, local: float) -> Check:
    """This computer's clock against the answer's Date; ``local``: Unix time of the middle of the request."""
    moment = date_of(raw.headers.get("Date", ""))
    if moment is None:
        return Check("clock", State.SKIPPED, say("check.clock.no_date"))
    skew = (datetime.fromtimestamp(local, timezone.utc) - moment).total_seconds()
    facts = {"skew_seconds": round(skew, 1)}
    if abs(skew) <= CLOCK_SECONDS:
        return Check("clock", State.OK, say("check.clock.ok", seconds=round(abs(skew))), facts)
    text = say("check.clock.ahead" if skew > 0 else "check.clock.behind", minutes=round(abs(skew) / 60))
    if client.profile.native:
        return Check("clock", State.FAILED, text, facts)
    return Check("clock", State.OK, f"{text} {say('check.clock.unsigned')}", facts)


def task_check(key: Check, error: VolcvError | None) -> Check:
    """Whether the service answers for a task that does not exist as it should."""
    if key.state is State.FAILED:
        return Check("task", State.SKIPPED, say("check.no_key"))
    if error is not None and not about_request(error):
        return Check("task", State.FAILED, str(error), error_facts(error))
    return Check("task", State.OK, say("check.task.ok"), error_facts(error))


def upload_check(client: Client) -> Check:
    """Whether a picture can be uploaded and fetched again under its link."""
    url, wanted = client.executor.upload_url, bool(client.profile.upload_url)
    if not url:
        return Check("upload", State.SKIPPED, say("check.upload.none"))
    facts: dict[str, Any] = {"address": "upload_url" if wanted else "gateway"}
    host = host_of(url)
    try:
        link = client.executor.transport.upload(url, tiny_picture())
        with PIL.Image.open(io.BytesIO(client.executor.transport.download(link))) as image:
            usable = image.size == TINY
    except UploadError as error:
        facts |= error_facts(error)
        if wanted:
            return Check("upload", State.FAILED, str(error), facts)
        return Check("upload", State.SKIPPED, say("check.upload.not_there", host=host), facts)
    except VolcvError as error:
        return Check("upload", State.FAILED, str(error), facts | error_facts(error))
    except OSError:
        usable = False
    if not usable:
        return Check("upload", State.FAILED, say("check.upload.other", host=host), facts)
    return Check("upload", State.OK, say("check.upload.ok" if wanted else "check.upload.own", host=host), facts)


def tiny_picture() -> bytes:
    """A PNG file that is told apart from an error page or a placeholder by its size."""
    file = io.BytesIO()
    PIL.Image.new("RGB", TINY, (90, 140, 200)).save(file, "PNG")
    return file.getvalue()


def error_facts(error: VolcvError | None) -> dict[str, Any]:
    """What a report says of an error."""
    if error is None:
        return {}
    facts = {"error": error.key, "code": error.code, "http_status": error.http_status}
    facts |= {"message": error.service_message, "request_id": error.request_id}
    return {name: value for name, value in facts.items() if value not in (None, "")}

"""Calls: from a request to pictures, with slots, retries, single flight and the result store.

Everything here runs in worker threads; whoever submits a call gets a future and may leave at any time. A call
that was sent is always finished and its answer stored, wanted or not, because it is paid for.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from .. import config
from ..answer.envelope import Envelope
from ..catalog.spec import Model
from ..config import Profile
from ..errors import BadAnswerError, Cancelled, DownloadError, StoreError, VolcvError
from ..http.transport import Transport
from ..images.inline import from_base64
from ..images.media import Media
from ..request.payload import Built
from ..request.wire import PICTURES_FIELD, digest
from ..store.results import Result, ResultStore, store_at
from . import underway
from .call import Answer, Call, Phase
from .cancel import SharedToken
from .exchange import Exchange, TaskExchange
from .limiter import Limiter, limiter_for
from .retry import rule_for, wait_before
from .workers import Workers

log = logging.getLogger(__name__)
P = TypeVar("P")

UPLOAD_PATH = "/v1/files"  # the gateway family's upload helper (catalog section 1)
LINK_SECONDS = 24 * 3600.0  # how long result links live (catalog section 2)

SPARE_WORKERS = 2
"""Threads beyond the calls in flight: one encodes the next picture while another decodes the last."""


@dataclass(frozen=True)
class Landed:
    """A result with the bytes of its pictures, and notes about keeping it."""

    result: Result
    files: tuple[Media, ...]
    notes: tuple[str, ...] = ()


@dataclass
class Flight:
    """A call under way that others with the same request may join."""

    token: SharedToken
    outcome: Future[Landed] = field(default_factory=Future)


class Service:
    """The service as one profile reaches it."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile.ready()
        self.identity = self.profile.base_url
        self.upload_url = self.profile.upload_url
        if self.profile.name == config.SANDBOX:
            self.identity = config.SANDBOX
            self.profile = replace(self.profile, base_url=sandbox_url(), api_key=config.SANDBOX_KEY)
            self.upload_url = sandbox_url() + UPLOAD_PATH
        secret = self.profile.access_key if self.profile.native else self.profile.api_key
        self.credential = hashlib.sha256(f"{self.identity}\n{secret}".encode()).hexdigest()
        self.transport = Transport(self.profile)
        self._workers = Workers("volcv", self.profile.max_concurrency + SPARE_WORKERS)

    @property
    def limiter(self) -> Limiter:
        return limiter_for(self.credential, self.profile.max_concurrency)

    @property
    def store(self) -> ResultStore:
        return store_at(config.home() / "results", self.profile.store_limit_mb * 2**20)

    def submit(self, call: Call[P]) -> Future[Answer[P]]:
        """Start a call; its future ends with an Answer, a VolcvError, or Cancelled."""
        underway.enter(call)
        self._workers.submit(lambda: self._guarded(call, lambda: self._run(call)))
        return call.future

    @staticmethod
    def _guarded(call: Call[P], work: Callable[[], None]) -> None:
        """Do the work; whatever it raises ends the call instead of the thread."""
        try:
            work()
        except (VolcvError, Cancelled) as error:
            Service._end(call, error)
        except Exception as error:  # a worker thread must not die silently; the future carries it
            log.exception("volcv: unexpected failure")
            Service._end(call, error)

    @staticmethod
    def _end(call: Call[P], error: Exception) -> None:
        call.enter(Phase.DONE)
        call.future.set_exception(error)

    def _run(self, call: Call[P]) -> None:
        token = SharedToken(call.token)
        token.check()
        call.enter(Phase.ENCODING)
        built = call.build()
        token.check()
        fingerprint = call.task.fingerprint if call.task else self.fingerprint(built)
        if call.random_seed:
            landed, pictures = self._obtain(call, built, fingerprint, token)
            self._deliver(call, built, landed, pictures, reused=False)
            return
        with _flights_lock:
            flight = _flights.get(fingerprint)
            if flight is not None:
                flight.token.join(call.token)
            else:
                _flights[fingerprint] = Flight(token)
        if flight is not None:
            self._join(call, built, flight)
        else:
            self._lead(call, built, fingerprint, token)

    def _lead(self, call: Call[P], built: Built, fingerprint: str, token: SharedToken) -> None:
        """Make the call that identical ones may join while it is under way."""
        pictures = None
        try:
            found = self._stored(call, fingerprint) if self.profile.reuse else None
            reused = found is not None
            landed, pictures = found or self._obtain(call, built, fingerprint, token)
        except BaseException as error:  # who joined must not wait for ever
            self._land(fingerprint).outcome.set_exception(error)
            raise
        self._land(fingerprint).outcome.set_result(landed)
        self._deliver(call, built, landed, pictures, reused=reused)

    def _land(self, fingerprint: str) -> Flight:
        with _flights_lock:
            return _flights.pop(fingerprint)

    def _join(self, call: Call[P], built: Built, flight: Flight) -> None:
        """Wait, without holding a thread, for the same request of somebody else."""
        call.enter(Phase.WAITING)

        def landed(outcome: Future[Landed]) -> None:
            error = outcome.exception()
            if isinstance(error, Cancelled) and not call.token.cancelled:
                self.submit(call)
            elif error is not None:
                self._end(call, error if isinstance(error, Exception) else Cancelled())
            else:
                self._guarded(call, lambda: self._deliver(call, built, outcome.result(), None, reused=True))

        flight.outcome.add_done_callback(landed)

    def fingerprint(self, built: Built) -> str:
        """What makes two requests the same: where they go and every byte of what they say."""
        return digest(built.identity(), self.identity, built.mode.action)

    def _stored(self, call: Call[P], fingerprint: str) -> tuple[Landed, tuple[P, ...] | None] | None:
        """A stored result of the same request; None if there is none that can be used."""
        try:
            result = self.store.find(fingerprint)
            if result is None:
                return None
            if result.files:
                files = tuple(result.media())
                return Landed(result, files), tuple(map(call.decode, files))
        except (StoreError, BadAnswerError) as error:
            log.warning("volcv: a stored result cannot be used: %s", error)
            return None
        return self._fetch_late(call, result)

    def _fetch_late(self, call: Call[P], result: Result) -> tuple[Landed, tuple[P, ...] | None] | None:
        """The pictures of a paid answer whose download had failed; None once its links have expired."""
        call.enter(Phase.DOWNLOADING)
        try:
            files = tuple(self.download(call.model, url) for url in result.image_urls)
            pictures = tuple(map(call.decode, files))
        except (DownloadError, BadAnswerError) as error:
            error.request_id = result.request_id
            if error.key != "link_expired" and time.time() - result.created < LINK_SECONDS:
                raise
            log.info("volcv: the links of an earlier answer no longer work (%s)", error.key)
            return None
        with suppress(StoreError):  # a task that brought these links need not be asked for again
            for task in self.store.tasks.open_of(result.fingerprint):
                self.store.tasks.end(task.task_id, "done", result.request_id)
        return self._keep(result, files), None if call.model.video else pictures

    def _obtain(
        self, call: Call[P], built: Built, fingerprint: str, token: SharedToken
    ) -> tuple[Landed, tuple[P, ...] | None]:
        """Pay for an answer: send, fetch its pictures, check them, store them."""
        task = bool(built.mode.result_action)
        with TaskExchange(self, call, built, fingerprint) if task else Exchange(self, call, built) as exchange:
            envelope, seconds = self._send(call, exchange, token)
            landed, pictures = self._take(call, built, fingerprint, envelope, seconds)
            exchange.settle(landed.result)
        return replace(landed, notes=(*exchange.notes, *landed.notes)), pictures

    def _take(
        self, call: Call[P], built: Built, fingerprint: str, envelope: Envelope, seconds: float
    ) -> tuple[Landed, tuple[P, ...] | None]:
        """The pictures of a paid answer, checked and stored."""
        result = Result(
            request_id=envelope.request_id,
            req_key=str(built.body["req_key"]),
            fingerprint=fingerprint,
            reusable=not call.random_seed,
            seed=call.seed,
            seconds=envelope.seconds if envelope.seconds is not None else seconds,
            cost=envelope.cost,
            texts=dict(envelope.texts),
            image_urls=envelope.image_urls,
            request={key: value for key, value in built.body.items() if key != PICTURES_FIELD},
            charged=self.identity != config.SANDBOX,
        )
        files: tuple[Media, ...] = ()
        try:
            call.enter(Phase.DOWNLOADING)
            files = self._fetch(call.model, envelope)
            call.enter(Phase.DECODING)
            pictures = tuple(map(call.decode, files))
        except (DownloadError, BadAnswerError) as error:
            if not envelope.base64_pictures:  # what is behind the links may be there and whole the next time
                self._keep(result, ())
            error.request_id = envelope.request_id
            raise
        except Exception:  # not the answer's fault, such as a lack of memory; the picture is paid for
            if files or not envelope.base64_pictures:
                self._keep(result, files)
            raise
        # A video that was kept is no longer where it was decoded from.
        return self._keep(result, files), None if call.model.video else pictures

    def _send(self, call: Call[P], exchange: Exchange, token: SharedToken) -> tuple[Envelope, float]:
        """The envelope of a successful answer and the seconds it took, after the retries of the table."""
        attempts: Counter[str] = Counter()
        while True:
            call.enter(Phase.WAITING)
            with self.limiter.slot(token) as granted_at:
                call.enter(Phase.WORKING)
                began = time.monotonic()
                try:
                    envelope = exchange(token)
                except VolcvError as error:
                    failure = error
                    rule = rule_for(error, random_seed=call.random_seed)
                    if rule is not None and rule.slow_down:
                        self.limiter.refused(granted_at)
                else:
                    self.limiter.succeeded()
                    return envelope, time.monotonic() - began
            if rule is None or attempts[rule.name] >= rule.retries:
                raise failure
            attempts[rule.name] += 1
            call.retries += 1
            call.retry_reason = failure.means
            call.enter(Phase.BACKING_OFF)
            token.wait(wait_before(rule, attempts[rule.name], failure))

    def _fetch(self, model: Model, envelope: Envelope) -> tuple[Media, ...]:
        """The pictures of an answer, in order. Inline ones win; nothing is downloaded twice."""
        if envelope.base64_pictures:
            return tuple(map(from_base64, envelope.base64_pictures))
        return tuple(self.download(model, url) for url in envelope.image_urls)

    def download(self, model: Model, url: str) -> Media:
        """What a result link holds: the bytes of a picture, or a file beside the store with a video."""
        for attempt in count(1):
            try:
                if model.video:
                    return self.transport.download_video(url, self.store.folder)
                return self.transport.download(url)
            except DownloadError as error:
                rule = rule_for(error, random_seed=False)
                if rule is None or attempt > rule.retries:
                    raise
                time.sleep(wait_before(rule, attempt, error))
        raise AssertionError("unreachable")

    def _keep(self, result: Result, files: tuple[Media, ...]) -> Landed:
        """Store a result. A store that fails costs a note, never the picture."""
        try:
            kept = self.store.save(result, files)
            return Landed(kept, kept.files if any(isinstance(one, Path) for one in files) else files)
        except StoreError as error:
            return Landed(result, files, (str(error),))

    def _deliver(
        self, call: Call[P], built: Built, landed: Landed, pictures: tuple[P, ...] | None, *, reused: bool
    ) -> None:
        if reused:
            with suppress(StoreError):  # counting must not cost the picture
                self.store.reused(landed.result)
        if pictures is None:
            call.enter(Phase.DECODING)
            pictures = tuple(map(call.decode, landed.files))
        answer = answer_of(landed, pictures, reused=reused, notes=(*built.notes, *landed.notes))
        call.enter(Phase.DONE)
        call.future.set_result(answer)


def answer_of(landed: Landed, pictures: tuple[P, ...], *, reused: bool, notes: tuple[str, ...] = ()) -> Answer[P]:
    result = landed.result
    return Answer(
        request_id=result.request_id,
        req_key=result.req_key,
        seed=result.seed,
        seconds=result.seconds,
        image_urls=tuple(result.image_urls),
        texts=result.texts,
        cost=result.cost,
        reused=reused,
        files=landed.files,
        pictures=pictures,
        notes=notes,
    )


def stored_answer(result: Result, decode: Callable[[Any], P]) -> Answer[P]:
    """A stored result as the answer of a call. StoreError or BadAnswerError if its files are damaged."""
    files = tuple(result.media())
    return answer_of(Landed(result, files), tuple(map(decode, files)), reused=True)


_lock = threading.Lock()
_flights_lock = threading.Lock()
_flights: dict[str, Flight] = {}
_services: dict[Profile, Service] = {}
_sandbox: Any = None


def service_for(profile: Profile) -> Service:
    """The service of a profile; one per process, so its connections and threads are shared."""
    with _lock:
        if profile not in _services:
            _services[profile] = Service(profile)
        return _services[profile]


def sandbox_url() -> str:
    """Address of the stand-in service inside this process, started on first use."""
    global _sandbox
    if _sandbox is None:
        from ..sandbox import SandboxServer  # only who asks for the sandbox loads it

        _sandbox = SandboxServer(api_keys=(config.SANDBOX_KEY,))
        _sandbox.start()
    return str(_sandbox.url)

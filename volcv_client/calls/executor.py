"""The executor: runs calls in worker threads, with slots, retries, single-flight and the result store.

A call that was sent is always finished and its answer stored, whether anybody still waits for it or not, because it
is charged.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from itertools import count

from .. import config
from ..answer.envelope import Envelope
from ..catalog.spec import Model
from ..config import Profile
from ..errors import BadAnswerError, Cancelled, DownloadError, StoreError, VolcvError
from ..http.transport import Transport
from ..images.base64_text import decode_base64
from ..request.body import Request
from ..request.json_body import PICTURES_FIELD
from ..request.json_body import fingerprint as cache_key
from ..store.result import Result, ResultFile
from .call import Call, Phase, decode_files
from .cancel import SharedToken
from .direct_call import DirectCall, Endpoint
from .limiter import Limiter
from .retry import rule_for, wait_before
from .shared import SharedState
from .task_call import DONE, TaskCall
from .workers import Workers

log = logging.getLogger(__name__)

LINK_SECONDS = 24 * 3600.0
"""How long result links live (catalog section 2)."""

SPARE_WORKERS = 2
"""Threads beyond the calls in flight: one call encodes while another decodes."""


class CallExecutor:
    """Runs the calls of one profile."""

    def __init__(self, profile: Profile, identity: str, upload_url: str, shared: SharedState) -> None:
        """``profile`` must be ready: with credentials and a base URL."""
        secret = profile.access_key if profile.native else profile.api_key
        credential = hashlib.sha256(f"{identity}\n{secret}".encode()).hexdigest()
        self.profile = profile
        self.transport = Transport(profile)
        self.store = shared.store(config.home() / "results")
        self.store.limit_bytes = profile.store_limit_mb * 2**20
        self._limiter = partial(shared.limiter, credential, profile.max_concurrency)
        self._endpoint = Endpoint(profile, identity, upload_url, self.transport, self.store, shared)
        self._workers = Workers("volcv", profile.max_concurrency + SPARE_WORKERS)

    @property
    def limiter(self) -> Limiter:
        return self._limiter()

    def submit(self, call: Call) -> None:
        """Start a call. It ends with a result, a VolcvError, or Cancelled."""
        self._endpoint.shared.add_active(call)
        self._workers.submit(partial(self._guard, call, partial(self._run, call)))

    def _guard(self, call: Call, work: Callable[[], None]) -> None:
        """Do the work; whatever it raises ends the call instead of the thread."""
        try:
            work()
        except Exception as error:  # a worker thread must not die silently; the call carries the error
            if not isinstance(error, (VolcvError, Cancelled)):
                log.exception("volcv: unexpected failure")
            self._endpoint.shared.remove_active(call)
            call.fail(error)

    def _run(self, call: Call) -> None:
        token = SharedToken(call.token)
        token.check()
        call.enter(Phase.ENCODING)
        if call.build is None:  # ended already
            return
        body = call.build()
        token.check()
        fingerprint = call.task.fingerprint if call.task else self._fingerprint(body)
        if call.random_seed:
            self._succeed(call, body, self._obtain(call, body, fingerprint, token))
        elif self._endpoint.shared.join(fingerprint, call, body, token):
            self._lead(call, body, fingerprint, token)
        else:
            call.enter(Phase.WAITING)

    def _fingerprint(self, body: Request) -> str:
        """The cache key of a request: where it goes, and every byte of it."""
        return cache_key(body.identity(), self._endpoint.identity, body.mode.action)

    def _lead(self, call: Call, body: Request, fingerprint: str, token: SharedToken) -> None:
        """Run the call as leader; identical requests wait for its result."""
        try:
            result = self._reuse(call, fingerprint) if self.profile.reuse else None
            result = result or self._obtain(call, body, fingerprint, token)
        except BaseException as error:  # followers must not wait for ever
            for follower, _ in self._endpoint.shared.land(fingerprint):
                if isinstance(error, Cancelled) and not follower.token.cancelled:
                    self.submit(follower)
                else:
                    failure = copy.copy(error) if isinstance(error, Exception) else Cancelled()
                    self._endpoint.shared.remove_active(follower)
                    follower.fail(failure)
            raise
        for follower, its_body in self._endpoint.shared.land(fingerprint):
            self._guard(follower, partial(self._follow, follower, its_body, result))
        self._succeed(call, body, result)

    def _follow(self, call: Call, body: Request, result: Result) -> None:
        """End a call with the result of its leader: nothing more is charged."""
        call.enter(Phase.DECODING)
        self._decode(call, result.files)
        self._succeed(call, body, replace(result, reused=True))

    def _succeed(self, call: Call, body: Request, result: Result) -> None:
        if result.reused:
            with suppress(StoreError):  # counting must not cost the picture
                self.store.record_reuse(result)
        self._endpoint.shared.remove_active(call)
        call.succeed(replace(result, notes=(*body.notes, *result.notes)))

    @staticmethod
    def _decode(call: Call, files: tuple[ResultFile, ...]) -> None:
        """Decode the pictures. Raises BadAnswerError for broken ones."""
        if call.decode is not None:
            call.decode(files)

    def _reuse(self, call: Call, fingerprint: str) -> Result | None:
        """The stored result of the same request; None if there is none that can be used."""
        try:
            result = self.store.find(fingerprint)
            if result is None:
                return None
            if result.files:
                files = tuple(file if file.is_video else replace(file, data=file.read()) for file in result.files)
                self._decode(call, files)
                return replace(result, files=files, reused=True)
        except (StoreError, BadAnswerError) as error:
            log.warning("volcv: a stored result cannot be used: %s", error)
            return None
        return self._late_download(call, result)

    def _late_download(self, call: Call, result: Result) -> Result | None:
        """The result of a charged answer whose download had failed; None once its links have expired."""
        call.enter(Phase.DOWNLOADING)
        try:
            files = self._download(call.model, result.image_urls)
            self._decode(call, files)
        except (DownloadError, BadAnswerError) as error:
            error.request_id = result.request_id
            if error.key != "link_expired" and time.time() - result.created < LINK_SECONDS:
                raise
            log.info("volcv: the links of an earlier answer no longer work (%s)", error.key)
            return None
        with suppress(StoreError):  # a task that answered with these links need not be polled again
            for task in self.store.tasks.open_of(result.fingerprint):
                self.store.tasks.end(task.task_id, DONE, result.request_id)
        return replace(self._save(result, files), reused=True)

    def _obtain(self, call: Call, body: Request, fingerprint: str, token: SharedToken) -> Result:
        """Pay for an answer: send, download, decode, store."""
        exchange = DirectCall(self._endpoint, call, body)
        if body.mode.result_action:
            exchange = TaskCall(self._endpoint, call, body, fingerprint)
        with closing(exchange):
            envelope, seconds = self._send(call, exchange, token)
            result = self._store_answer(call, body, fingerprint, envelope, seconds)
            exchange.complete(result.request_id)
        return replace(result, notes=(*exchange.notes, *result.notes))

    def _store_answer(self, call: Call, body: Request, fingerprint: str, envelope: Envelope, seconds: float) -> Result:
        """The result of a charged answer. What arrived is stored even if the rest of it cannot be used."""
        result = Result(
            request_id=envelope.request_id,
            req_key=str(body.body["req_key"]),
            fingerprint=fingerprint,
            reusable=not call.random_seed,
            seed=call.seed,
            seconds=envelope.seconds if envelope.seconds is not None else seconds,
            cost=envelope.cost,
            texts=dict(envelope.texts),
            image_urls=envelope.image_urls,
            request={key: value for key, value in body.body.items() if key != PICTURES_FIELD},
            charged=self._endpoint.identity != config.SANDBOX,
        )
        files: tuple[ResultFile, ...] = ()
        linked = not envelope.base64_pictures
        try:
            call.enter(Phase.DOWNLOADING)
            if linked:
                files = self._download(call.model, envelope.image_urls)
            else:
                files = tuple(ResultFile(data=decode_base64(text)) for text in envelope.base64_pictures)
            call.enter(Phase.DECODING)
            self._decode(call, files)
        except (DownloadError, BadAnswerError) as error:
            if linked:  # the files behind the links may be complete at the next attempt
                self._save(result, ())
            error.request_id = envelope.request_id
            raise
        except Exception:  # not the answer's fault, such as a lack of memory; the picture is charged
            if files or linked:
                self._save(result, files)
            raise
        return self._save(result, files)

    def _send(self, call: Call, exchange: DirectCall, token: SharedToken) -> tuple[Envelope, float]:
        """The envelope of a successful answer and the seconds it took, after the retries of the table."""
        attempts: Counter[str] = Counter()
        while True:
            call.enter(Phase.WAITING)
            with self.limiter.slot(token) as granted_at:
                call.enter(Phase.WORKING)
                began = time.monotonic()
                try:
                    envelope = exchange(token)
                except VolcvError as error:  # kept in no variable: its traceback holds this frame, and so the pictures
                    rule = rule_for(error, random_seed=call.random_seed)
                    if rule is not None and rule.slow_down:
                        self.limiter.refused(granted_at)
                    if rule is None or attempts[rule.name] >= rule.retries:
                        raise
                    attempts[rule.name] += 1
                    reason, seconds = error.message, wait_before(rule, attempts[rule.name], error)
                else:
                    self.limiter.succeeded()
                    return envelope, time.monotonic() - began
            call.retries += 1
            call.retry_reason = reason
            call.enter(Phase.BACKING_OFF)
            token.wait(seconds)

    def _download(self, model: Model, urls: Sequence[str]) -> tuple[ResultFile, ...]:
        """The files behind result links: pictures in memory, videos in files beside the store."""
        return tuple(self._download_file(model, url) for url in urls)

    def _download_file(self, model: Model, url: str) -> ResultFile:
        for attempt in count(1):
            try:
                if model.video:
                    return ResultFile(path=self.transport.download_video(url, self.store.folder))
                return ResultFile(data=self.transport.download(url))
            except DownloadError as error:
                rule = rule_for(error, random_seed=False)
                if rule is None or attempt > rule.retries:
                    raise
                time.sleep(wait_before(rule, attempt, error))
        raise AssertionError("unreachable")

    def download_result(self, model: Model, result: Result) -> Result:
        """A stored result of which only the links are known, with its files, which are stored too.

        Raises DownloadError if the links no longer work, BadAnswerError for broken pictures, StoreError.
        """
        files = self._download(model, result.image_urls)
        decode_files(None, 0, files)
        return self.store.save(replace(result, files=files))

    def _save(self, result: Result, files: tuple[ResultFile, ...]) -> Result:
        """Store a result. A store that fails costs a note, never the picture."""
        result = replace(result, files=files)
        try:
            return self.store.save(result)
        except StoreError as error:
            return replace(result, notes=(*result.notes, str(error)))

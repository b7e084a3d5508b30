"""The executor: runs calls in worker threads, with slots, retries and the journal.

A call that was sent is always finished and its answer stored, whether anybody still waits for it or not, because it
is charged. An equal request of fixed seed goes on from whatever the journal has of an earlier one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from .. import config
from ..answer.envelope import RawAnswer
from ..config import Profile
from ..errors import (
    Cancelled,
    Charged,
    DownloadError,
    LostAnswerError,
    RefusedError,
    StoreError,
    TaskGoneError,
    VolcvError,
)
from ..http.transport import Transport
from ..messages import say
from ..request.body import Draft, Request
from ..request.json_body import fingerprint as fingerprint_of_files
from ..request.price import call_price
from ..store.attended import Attended
from ..store.budget import limits_of
from ..store.entry import INLINE, LINKS, Entry, State
from ..store.journal import Allowance, Hindrance
from ..store.result import Result
from ..store.spending import Limit
from .call import Call, Phase
from .direct_call import DirectCall, Endpoint
from .forms import Forms
from .limiter import Limiter
from .reading import AnswerReader
from .retry import rule_for, wait_before
from .shared import SharedState
from .task_call import TaskCall, TaskPolls
from .workers import Workers

log = logging.getLogger(__name__)

SPARE_WORKERS = 2
"""Threads beyond the calls in flight: one call encodes while another decodes."""

WATCH_SECONDS = 0.1
"""Interval between two looks at a call of another thread or process."""


@dataclass
class Order:
    """A call's request on its way: ``reuse``: equal requests share one charge. ``request``: encoded, once nothing
    earlier was found."""

    call: Call
    draft: Draft
    fingerprint: str
    reuse: bool
    notes: list[str] = field(default_factory=list)
    request: Request | None = None


class CallExecutor:
    """Runs the calls of one profile."""

    def __init__(self, profile: Profile, identity: str, shared: SharedState) -> None:
        """``profile`` must be ready: with credentials and a base URL."""
        secret = profile.access_key if profile.native else profile.api_key
        credential = hashlib.sha256(f"{identity}\n{secret}".encode()).hexdigest()
        self.profile = profile
        self.credential = credential
        self.transport = Transport(profile)
        self.shared = shared
        self.store = shared.store(config.home() / "results")
        self.store.limit_bytes = profile.store_limit_mb * 2**20
        self._journal = self.store.journal
        self._limiter = partial(shared.limiter, credential, profile.max_concurrency)
        upload_url = profile.upload_url or ("" if profile.native else profile.base_url + config.UPLOAD_PATH)
        self._endpoint = Endpoint(profile, identity, credential, upload_url, self.transport, self.store)
        self._reader = AnswerReader(profile, self.transport, self.store)
        self._workers = Workers("volcv", profile.max_concurrency + SPARE_WORKERS)

    @property
    def limiter(self) -> Limiter:
        return self._limiter()

    @property
    def upload_url(self) -> str:
        """Address that turns pictures into links: the profile's, else the gateway's own; empty if there is none."""
        return self._endpoint.upload_url

    def submit(self, call: Call) -> None:
        """Start a call. It ends with a result, a VolcvError, or Cancelled."""
        self.shared.add_active(call)
        self._workers.submit(partial(self._guard, call))

    def _guard(self, call: Call) -> None:
        """Run the call; whatever it raises ends the call instead of the thread."""
        try:
            result = self._run(call)
        except Exception as error:  # a worker thread must not die silently; the call carries the error
            if not isinstance(error, (VolcvError, Cancelled)):
                log.exception("volcv: unexpected failure")
            self.shared.remove_active(call)
            call.fail(error)
        else:
            self.shared.remove_active(call)
            call.succeed(result)

    def _run(self, call: Call) -> Result:
        call.token.check()
        call.enter(Phase.ENCODING)
        if call.entry is not None:
            result = self._go_on(call, call.entry)
            if result is None:
                raise StoreError("attended_elsewhere", name=call.entry.name)
            return result
        if call.draft is None:
            raise Cancelled
        return self._obtain(self._order(call, call.draft()))

    def _order(self, call: Call, draft: Draft) -> Order:
        target = self._endpoint.identity, draft.mode.action
        return Order(call, draft, draft.fingerprint(*target), self.profile.reuse and not call.random_seed)

    def _obtain(self, order: Order) -> Result:
        """The result of an earlier call of the same request, else of a new one."""
        awaited: Entry | None = None
        while True:
            earlier = self._earlier(order)
            if earlier is not None and self._journal.is_attended(earlier):
                awaited = earlier
                order.call.enter(Phase.WAITING)
                order.call.token.wait(WATCH_SECONDS)
                continue
            if earlier is not None:
                result = self._use(order, earlier)
            elif order.request is None:
                order.request = order.draft.encode(linked=bool(self.profile.upload_url))
                order.notes += order.request.notes
                continue
            else:
                self._check_awaited(awaited)
                self._note_unanswered(order)
                result = self._pay(order, order.request)
            if result is not None:
                return replace(result, notes=(*order.notes, *result.notes))

    def _earlier(self, order: Order) -> Entry | None:
        """The entry to go on from. Raises StoreError if the journal cannot be read and the request may be in it."""
        try:
            found = self._journal.earlier(order.fingerprint, reuse=order.reuse)
            if found is None and order.request is not None and order.draft.attachments:
                # Calls of versions that hashed the encoded files.
                target = self._endpoint.identity, order.draft.mode.action
                old = fingerprint_of_files(order.request.identity(), *target)
                found = self._journal.earlier(old, reuse=order.reuse)
            return found
        except StoreError as error:
            if order.reuse:
                raise
            order.notes[:] = dict.fromkeys([*order.notes, error.message])
            return None

    def _check_awaited(self, awaited: Entry | None) -> None:
        """Raise if the equal call that this one waited for ended without anybody knowing whether it was charged."""
        ended = self._journal.by_uid(awaited.uid) if awaited is not None else None
        if ended is not None and ended.state in (State.SENT, State.UNKNOWN, State.FAILED):
            raise LostAnswerError("equal_call_lost", name=ended.name)

    def _note_unanswered(self, order: Order) -> None:
        with suppress(StoreError):
            if unanswered := self._journal.unanswered(order.fingerprint):
                when = time.strftime("%H:%M", time.localtime(unanswered.result.created))
                order.notes.append(say("note.unanswered", time=when))

    def _use(self, order: Order, entry: Entry) -> Result | None:
        """The result of an earlier call; None if it can no longer be had, or another call attends to it now."""
        try:
            result = self._go_on(order.call, entry)
        except VolcvError as error:
            if not error.lost:
                raise
            order.notes.append(say("note.earlier_lost", name=entry.name, problem=error.message))
            self.store.forget(entry.uid)
            return None
        if result is not None and entry.state is State.SUBMITTED:
            order.notes.append(say("note.task_resumed", task_id=entry.task_id))
        return result

    def _go_on(self, call: Call, entry: Entry) -> Result | None:
        """The result of an entry, from wherever it stands; None if another call attends to it.

        Raises VolcvError; ``lost`` says that nothing more can be had of it.
        """
        if entry.state is State.COMPLETE:
            try:
                return self._reused(call, entry, self._reader.load(call, entry))
            except VolcvError as error:
                if not (error.lost and (entry.result.image_urls or entry.task_id)):
                    raise
        if entry.state not in (State.SUBMITTED, State.ANSWERED, State.COMPLETE):
            raise StoreError("not_stored", request=entry.name)
        taken = self._journal.take(entry)
        if taken is None:
            return None
        with Attended(self._journal, taken) as row:
            if entry.state is State.SUBMITTED:
                return self._reader.read(call, row, self._poll(call, row))
            try:
                return self._reused(call, entry, self._reader.read(call, row))
            except (DownloadError, StoreError) as error:
                error.lost = error.lost or (error.key == "link_expired" and entry.state is State.COMPLETE)
                if not entry.task_id or not (error.lost or error.key == "link_expired"):
                    raise
            except RefusedError as error:  # the process that stored the answer was killed before it read it
                error.lost = True
                if error.charged is Charged.NO:
                    row.drop()
                else:
                    row.ended(State.FAILED, error.key)
                raise
            # Asking for a task again is free, and its answer has new links.
            row.move(state=State.SUBMITTED)
            return self._reused(call, entry, self._reader.read(call, row, self._poll(call, row)))

    def _reused(self, call: Call, entry: Entry, result: Result) -> Result:
        if call.entry is None:  # a result that was asked for by its name is no reuse
            self._journal.record_reuse(entry)
        problem = self._journal.problem_of(entry)
        if problem is not None and not result.problem:
            result = replace(result, problem=str(problem), notes=(*result.notes, str(problem)))
        return replace(result, reused=True)

    def _poll(self, call: Call, row: Attended) -> RawAnswer:
        """The answer of a task that was submitted earlier."""
        call.enter(Phase.WAITING)
        with self.limiter.slot(call.token):
            try:
                return TaskPolls(self._endpoint, call, row).wait()
            except TaskGoneError as error:
                error.lost = True
                raise

    def _pay(self, order: Order, request: Request) -> Result | None:
        """The result of a new call; None if an equal one began meanwhile."""
        call, attempts = order.call, Counter[str]()
        forms: Forms | None = None
        exchange = (TaskCall if request.mode.result_action else DirectCall)(self._endpoint, call, request)
        while True:
            call.enter(Phase.WAITING)
            with self.limiter.slot(call.token) as granted_at:
                forms = forms or self._forms(call, order.draft)
                entry = self._begin(order, forms.current)
                if entry is None:
                    return None
                row = Attended(self._journal, entry)
                try:
                    raw = exchange.send(row)
                except VolcvError as error:  # kept in no variable: its traceback holds this frame, and so the pictures
                    row.leave()
                    if row.dropped and forms.next(error):
                        continue
                    rule = rule_for(error, random_seed=call.random_seed)
                    if rule is not None and rule.slow_down:
                        self.limiter.refused(granted_at)
                        self.store.shared_allowance.tell(self.credential, self.limiter.allowed)
                    if rule is None or not row.dropped or attempts[rule.name] >= rule.retries:
                        raise (forms.final(error) if row.dropped else error) from None
                    attempts[rule.name] += 1
                    call.refusals.append(error.code or error.http_status)
                    reason, seconds = error.message, wait_before(rule, attempts[rule.name], error)
                except BaseException:  # such as Cancelled: nobody attends to the row any more
                    row.leave()
                    raise
                else:
                    if self.limiter.succeeded():
                        self.store.shared_allowance.tell(self.credential, self.limiter.allowed, grown=True)
                    order.notes += forms.notes()
                    break
            call.retries += 1
            call.retry_reason = reason
            call.enter(Phase.BACKING_OFF)
            call.token.wait(seconds)
        with row:
            return self._reader.read(call, row, raw)

    def _forms(self, call: Call, draft: Draft) -> Forms:
        """The forms of the pictures of a request: those that the call names; links where the profile has an upload
        service; else the form that the service took the last time, then the other one."""
        if call.forms and draft.attachments:
            return Forms(*call.forms)
        if not draft.takes_links:
            return Forms("")
        if self.profile.upload_url or not self._endpoint.upload_url:
            return Forms(LINKS if self.profile.upload_url else INLINE)
        last = ""
        with suppress(StoreError):
            last = self._journal.form_of(self._endpoint.credential, str(draft.body["req_key"]))
        return Forms(LINKS, INLINE) if last == LINKS else Forms(INLINE, LINKS)

    def _begin(self, order: Order, form: str) -> Entry | None:
        """The entry of a new call, once other processes leave a slot for it; None if an equal call began meanwhile.

        Raises BudgetError, or Cancelled while waiting.
        """
        while True:
            if (told := self.store.shared_allowance.told(self.credential)) is not None:
                self.limiter.adopt(told.allowed, grown=told.grown)
            allowance = Allowance(self.limiter.allowed, limits_of(self.profile))
            begun = self._journal.begin(self._entry(order, form), allowance, reuse=order.reuse)
            if isinstance(begun, Entry):
                return begun
            if begun is Hindrance.TWIN:
                return None
            order.call.token.wait(WATCH_SECONDS)

    def _entry(self, order: Order, form: str) -> Entry:
        draft, call = order.draft, order.call
        req_json = json.dumps(draft.result_request, ensure_ascii=False) if draft.result_request else ""
        return Entry(
            Result(
                request_id="",
                req_key=str(draft.body["req_key"]),
                fingerprint=order.fingerprint,
                reusable=not call.random_seed,
                seed=call.seed,
                seconds=None,
                cost=None,
                texts={},
                image_urls=(),
                request=draft.body,
                node=draft.node,
                inputs=draft.inputs,
                charged=False,
                price=call_price(call.model, draft.body, self.profile),
            ),
            identity=self._endpoint.identity,
            credential=self._endpoint.credential,
            charged=Charged.NO if self._endpoint.identity == config.SANDBOX else Charged.MAYBE,
            result_action=draft.mode.result_action,
            req_json=req_json,
            form=form,
        )

    def check_limits(self, calls: Sequence[Call]) -> None:
        """Raise BudgetError if these calls, without those that the journal has a result of, exceed a limit."""
        for limit in limits_of(self.profile):
            used = self.store.used(limit)
            if limit.exceeded(used, self._share(limit, calls)):  # only then look for results, which takes longer
                needed = self._share(limit, filter(self._is_new, calls))
                if limit.exceeded(used, needed):
                    raise limit.error(used, needed)

    def _share(self, limit: Limit, calls: Iterable[Call]) -> float:
        """What calls that are still to be sent take of a limit."""
        if not limit.currency:
            return sum(1 for _ in calls)
        drafts = [(call.model, call.draft().body) for call in calls if call.draft is not None]
        return sum(limit.share(call_price(model, body, self.profile)) for model, body in drafts)

    def _is_new(self, call: Call) -> bool:
        """Whether a call would be charged."""
        return call.draft is not None and self._earlier(self._order(call, call.draft())) is None

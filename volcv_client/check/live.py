"""Makes the paid calls of a check. Nothing is sent twice: a refused, uncharged try leads to the next variant only.

The calls go through the client, so that they are in the journal, count against the profile's limits, and their
results are stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ..answer.envelope import parse_data
from ..calls.batch import HOPELESS, BatchRun
from ..calls.call import Call
from ..client import Client
from ..errors import BusyError, Cancelled, Charged, ParameterError, RefusedError, VolcvError
from ..messages import say
from ..request.plan import Plan
from ..store.entry import LINKS
from ..store.result import Result, ResultFile
from .cards import arrays
from .free import error_facts
from .judging import Asked, Finding
from .steps import Program, Step, Try

Wait = Callable[[BatchRun], bool]
"""Waits until a run has ended; whether the user interrupted."""

POLLS_AT_ONCE = (2, 4, 8)
"""How many requests for a task that does not exist are sent at the same time; they are free."""
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Tried:
    """What came of a try: ``outcome`` is accepted, refused, failed, unknown (it may have been charged) or not sent.
    ``problem``: why, in the user's language."""

    variant: str
    form: str
    fields: Mapping[str, Any]
    outcome: str
    charged: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[Mapping[str, Any], ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a step. ``stop``: no further step can succeed."""

    step: Step
    tried: tuple[Tried, ...]
    finding: Finding
    stop: bool = False

    @property
    def charged(self) -> int:
        return sum(one.charged for one in self.tried)


def without_reuse(client: Client, **changes: Any) -> Client:
    """The client of the same account that pays for what is already stored: the service is what is asked."""
    profile = replace(client.profile, reuse=False, **changes)
    return Client(profile, pool=client.pool)


def run_steps(client: Client, program: Program, wait: Wait) -> Iterator[Outcome]:
    """The outcome of each step, one after the other. Ends after one that stops, or when the user interrupts."""
    paying = without_reuse(client)
    for step in program.steps:
        outcome = run_step(paying, step, wait)
        yield outcome
        if outcome.stop:
            return


def run_step(client: Client, step: Step, wait: Wait) -> Outcome:
    """Send the tries of a step until one is not refused, or may have been charged."""
    tried: list[Tried] = []
    for one in step.tries:
        if one.variant.form == LINKS and not client.executor.upload_url:
            problem = say("check.upload.none")
            tried.append(Tried(one.variant.name, LINKS, one.fields, "not sent", problem=problem))
            continue
        try:
            run = client.start(one.plan, forms=(one.variant.form,) if one.variant.form else ())
        except VolcvError as error:  # such as a limit of the profile: nothing was sent
            tried.append(of_error(one, error, 0))
            return Outcome(step, tuple(tried), Finding(""), stop=isinstance(error, HOPELESS))
        interrupted = wait(run)
        call = run.calls[0]
        tried.append(told(client, one, call))
        if call.result is not None:
            return Outcome(step, tuple(tried), found(step, one, call.result), interrupted)
        if interrupted or isinstance(call.error, (Cancelled, *HOPELESS)):
            return Outcome(step, tuple(tried), Finding(""), stop=True)
        if tried[-1].charged or not isinstance(call.error, ParameterError):
            break
    return Outcome(step, tuple(tried), Finding(""))


def told(client: Client, one: Try, call: Call) -> Tried:
    """What there is to report of a try whose call has ended, or is waited for no longer."""
    result, error, form = call.result, call.error, one.variant.form
    if result is not None:
        entry = client.store.journal.by_name(result.request_id)
        facts = {"request_id": result.request_id, "seconds": result.seconds, "texts": dict(result.texts)}
        files = tuple(map(file_facts, result.files))
        form = form or (entry.form if entry else "")
        return Tried(one.variant.name, form, one.fields, "accepted", max(1, call.charges), facts, files)
    if not isinstance(error, VolcvError):
        outcome = "not sent" if isinstance(error, Cancelled) and not call.charges else "unknown"
        problem = say("cli.interrupted")
        return Tried(one.variant.name, form, one.fields, outcome, int(outcome == "unknown"), problem=problem)
    return of_error(one, error, max(call.charges, int(may_be_charged(error))))


def of_error(one: Try, error: VolcvError, charged: int) -> Tried:
    outcome = "refused" if isinstance(error, RefusedError) else "unknown" if charged else "failed"
    facts, problem = error_facts(error), str(error)
    return Tried(one.variant.name, one.variant.form, one.fields, outcome, charged, facts, problem=problem)


def found(step: Step, one: Try, result: Result) -> Finding:
    """What the answer says about the question of the step."""
    if step.probe is None:
        return Finding("")
    file = next((file for file in result.files if not file.is_video), None)
    if file is None:
        return Finding("")
    asked = Asked(one.variant.form, *arrays(step.probe.pictures.values()))
    return step.probe.judge.find(asked, file.pixels())


def file_facts(file: ResultFile) -> dict[str, Any]:
    """Format by the first bytes, size in bytes, width and height."""
    facts: dict[str, Any] = {"format": file.extension.lstrip("."), "bytes": file.size}
    if not file.is_video:
        facts |= dict(zip(("width", "height"), file.image().size, strict=True))
    return facts


def burst(client: Client, plan: Plan, wait: Wait) -> dict[str, Any]:
    """How many of the calls of a plan the service takes at the same time. What it refuses is not sent again."""
    try:
        run = without_reuse(client, max_concurrency=len(plan.calls)).start(plan)
    except VolcvError as error:
        return {"sent": 0, "accepted": 0, "codes": [], "charged": 0, **error_facts(error)}
    threading.Thread(target=cancel_when_refused, args=(run,), daemon=True).start()
    wait(run)
    accepted = sum(call.result is not None for call in run.calls)
    codes = [code for call in run.calls for code in call.refusals[:1]]
    codes += [one.error.code for one in run.calls if isinstance(one.error, RefusedError) and not one.refusals]
    charged = sum(max(call.charges, int(may_be_charged(call.error) or not call.ended)) for call in run.calls)
    return {"sent": len(plan.calls), "accepted": accepted, "codes": codes, "charged": charged}


def cancel_when_refused(run: BatchRun) -> None:
    """Stop what has not been sent, or is to be sent again, once a call is refused as one too many."""
    while not run.wait(LOOK_SECONDS):
        if any(call.refusals for call in run.calls):
            run.cancel()


def may_be_charged(error: Exception | None) -> bool:
    return isinstance(error, VolcvError) and error.charged is not Charged.NO


def polls_at_once(client: Client) -> list[dict[str, Any]]:
    """How many requests for a task that does not exist the service answers at the same time: more and more of them,
    until some are refused as too many."""
    rounds: list[dict[str, Any]] = []
    for number in POLLS_AT_ONCE:
        together = threading.Barrier(number)
        with ThreadPoolExecutor(number) as pool:
            codes = list(pool.map(lambda _: poll(client, together), range(number)))  # noqa: B023
        refused = [code for code in codes if code is not None]
        rounds.append({"sent": number, "refused": len(refused), "codes": sorted({*map(str, refused)})})
        if refused:
            break
        time.sleep(LOOK_SECONDS)
    return rounds


def poll(client: Client, together: threading.Barrier) -> int | str | None:
    """The code with which the service refuses a poll as one too many; None if it does not."""
    together.wait()
    try:
        parse_data(client.ask_in_vain(), secrets=client.profile.secrets)
    except BusyError as error:
        return error.code or error.http_status or error.key
    except VolcvError:
        return None
    return None

"""Backend of the results panel: stored results, active calls, open tasks, charges. Imports no ComfyUI, no aiohttp.

Reading is open to every client of ComfyUI, like its history. Deleting and cancelling are allowed as changing settings
is, see :mod:`.settings`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from ...volcv_client.calls.call import SENT, TASK_PENDING, Call
from ...volcv_client.catalog import all_models, model
from ...volcv_client.catalog.labels import locale_file
from ...volcv_client.errors import StoreError
from ...volcv_client.images.decode import answer_formats
from ...volcv_client.images.formats import CONTENT_TYPES
from ...volcv_client.messages import LANGUAGES
from ...volcv_client.request.json_body import prompt_of
from ...volcv_client.store.ledger import Spending
from ...volcv_client.store.result import Result, ResultFile
from ...volcv_client.store.results import ResultStore
from ...volcv_client.store.tasks import KEPT_SECONDS, Task
from ..runner import clients
from .settings import Reply, Requester, change

MOST = 200
"""Results in one answer."""

TASKS = 200
"""How many of the newest tasks are looked through for open ones."""


class Sent(NamedTuple):
    """A file to send. ``name``: file name for saving; empty for thumbnails."""

    path: Path
    content_type: str
    name: str = ""


def store() -> ResultStore:
    """The store of this ComfyUI."""
    return clients.store()


def answer(work: Callable[[], dict[str, Any]]) -> Reply:
    """The reply of ``work``; 404 for what is not there, 503 if the store cannot be used."""
    try:
        return 200, work()
    except StoreError as error:
        return 404 if error.key == "no_result" else 503, {"error": str(error)}


def whole(text: str, default: int, most: int) -> int:
    """A number of the query string, clamped to ``most``; the default for anything else."""
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 10 else default


def listing(requester: Requester, offset: str = "", limit: str = "", query: str = "", req_key: str = "") -> Reply:
    """Results with pictures or videos, newest first: ``{"results", "total", "models", "revision", "refusal"}``.

    ``query`` must be found in the prompt, the model's names, the seed or the request id; ``total`` counts all
    that match. ``revision`` changes with the store.
    """

    def work() -> dict[str, Any]:
        stored = store()
        revision = revision_of(stored)
        wanted = words_in(query) if query.strip() else None
        found, total = stored.listing(whole(limit, 50, MOST), whole(offset, 0, 10**9), req_key, wanted)
        return {
            "results": [summary(result) for result in found],
            "total": total,
            "models": [{**named(key), "results": count} for key, count in stored.models().items()],
            "revision": revision,
            "refusal": requester.refusal("results_remote"),
        }

    return answer(work)


def words_in(query: str) -> Callable[[Result], bool]:
    """Whether every word of the query is found in a result's texts."""
    words = query.casefold().split()

    def wanted(result: Result) -> bool:
        seed = "" if result.seed is None else str(result.seed)
        text = "\n".join((result.prompt, names(result.req_key), result.request_id, seed)).casefold()
        return all(word in text for word in words)

    return wanted


@lru_cache(maxsize=256)
def names(req_key: str) -> str:
    """req_key and titles of a model in every language, for searching."""
    try:
        one = model(req_key)
    except KeyError:
        return req_key
    titles = (titles.get(one.node_id, "") for titles in all_titles())
    return "\n".join((req_key, one.title, named(req_key)["choice"], *titles))


@lru_cache(maxsize=1)
def all_titles() -> list[dict[str, str]]:
    """Node id -> display name, one dictionary per language."""
    return [
        {node: str(one.get("display_name", "")) for node, one in locale_file(language, "nodeDefs").items()}
        for language in LANGUAGES
    ]


@lru_cache(maxsize=1)
def known() -> dict[str, dict[str, Any]]:
    """req_key -> facts of its model in replies. ``choice``: the member of a family.

    ``seeded``: it has a seed, so a result without one got a seed that the service chose.
    """
    return {
        key: {
            "model": key,
            "node": one.node_id,
            "title": one.title,
            "choice": ", ".join(one.choices_of_req_key().get(key, {}).values()),
            "seeded": any(each.name == "seed" for each in one.all_inputs()),
        }
        for one in all_models()
        for key in one.req_keys
    }


def named(req_key: str) -> dict[str, Any]:
    """A model that this version does not know has no node, and a seed only where one was recorded."""
    unknown = {"model": req_key, "node": "", "title": req_key, "choice": "", "seeded": False}
    return known().get(req_key, unknown)


def summary(result: Result) -> dict[str, Any]:
    """One line of the list. ``version`` makes the address of a picture unlike that of any other store's.

    ``kind``: what its files are, "picture" or "video"; ``pictures`` counts either.
    """
    return {
        **named(result.req_key),
        "id": result.id,
        "version": result.files[0].path.stem[:12] if result.files and result.files[0].path else "",
        "kind": "video" if result.is_video else "picture",
        "pictures": len(result.files),
        "request_id": result.request_id,
        "prompt": result.prompt[:500],
        "seed": result.seed,
        "seconds": result.seconds,
        "cost": result.cost,
        "created": result.created,
        "charged": result.charged,
        "reuses": result.reuses,
    }


def id_of(text: str) -> int:
    """A row id; 0, which no row has, for anything that is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def find(number: str) -> Result:
    """The stored result of that id. StoreError if there is none."""
    result = store().by_id(id_of(number))
    if result is None or not result.files:
        raise StoreError("no_result")
    return result


def details(number: str) -> Reply:
    """A result's summary with its whole prompt, request, texts, and the facts of its pictures."""

    def work() -> dict[str, Any]:
        result = find(number)
        return {
            **summary(result),
            "prompt": result.prompt,
            "request": dict(result.request),
            "texts": dict(result.texts),
            "files": [file_facts(file) for file in result.files],
        }

    return answer(work)


def file_facts(file: ResultFile) -> dict[str, Any]:
    """Format and bytes of a file, and the size in pixels of a picture; nothing of a file that cannot be read."""
    try:
        if file.is_video or file.path is None:
            return {"format": "MP4", "bytes": file.size}
        with Image.open(file.path, formats=answer_formats()) as image:
            return {"width": image.width, "height": image.height, "format": image.format, "bytes": file.size}
    except (StoreError, OSError, ValueError, Image.DecompressionBombError):
        return {}


def picture(number: str, position: str) -> Sent:
    """A stored picture or video. StoreError if there is none.

    It is saved as ``<req_key>-<seed or end of the request id>-<n>.<ext>``, the name that ``volcv recall`` writes.
    """
    result = find(number)
    index, path = locate(result, position)
    name = re.sub("[^A-Za-z0-9_.-]", "_", f"{result.file_stem_for(result.req_key)}-{index + 1}{path.suffix}")
    return Sent(path, CONTENT_TYPES.get(path.suffix, "application/octet-stream"), name)


def thumbnail(number: str, position: str) -> Sent:
    """The small JPEG of a picture or video, which is rendered when it is first asked for."""
    result = find(number)
    index, _ = locate(result, position)
    return Sent(store().thumbnail(result, index), "image/jpeg")


def locate(result: Result, position: str) -> tuple[int, Path]:
    """Index and path of the file at that position. StoreError if there is none."""
    index = whole(position, len(result.files), 10**6)
    path = result.files[index].path if index < len(result.files) else None
    if path is None or not path.is_file():
        raise StoreError("no_result")
    return index, path


def delete(requester: Requester, body: bytes, number: str) -> Reply:
    """Delete a result, its files and thumbnails. Its charge stays in the ledger."""

    def action(_: dict[str, Any]) -> dict[str, Any]:
        return {"deleted": store().delete_id(id_of(number))}

    return change(action, "results_remote")(requester, body)


def calls_under_way() -> Reply:
    """``{"calls", "tasks", "revision"}``: active calls, those at the service first, open tasks, the store."""
    now = time.monotonic()
    at_service = (*SENT, *TASK_PENDING)
    active = sorted(clients.shared.active_calls(), key=lambda call: (call.phase not in at_service, call.number))
    try:
        stored = store()
        revision, tasks = revision_of(stored), open_tasks(stored)
    except StoreError:
        revision, tasks = "", []
    return 200, {"calls": [call_json(call, now) for call in active], "tasks": tasks, "revision": revision}


def open_tasks(stored: ResultStore) -> list[dict[str, Any]]:
    """Submitted tasks whose results are still to come, newest first, without those that a call here waits for."""
    tasks = [task for task in stored.tasks.newest(TASKS) if task.open]
    return [task_json(task) for task in tasks if not clients.shared.is_claimed(task)]


def task_json(task: Task) -> dict[str, Any]:
    """``expires``: when the service forgets its result; Unix time like ``created``."""
    return {
        **named(task.req_key),
        "task_id": task.task_id,
        "prompt": prompt_of(task.request)[:500],
        "seed": task.seed,
        "created": task.created,
        "expires": task.created + KEPT_SECONDS,
    }


def call_json(call: Call, now: float) -> dict[str, Any]:
    """``sent``: the call is finished and stored whatever happens; ``task``: it waits for a task, and may stop waiting.

    ``seconds`` since the node submitted it.
    """
    phase = call.phase
    return {
        **named(call.model.req_key),
        "id": call.number,
        "seed": call.seed,
        "phase": phase.value,
        "seconds": round(now - call.submitted, 1),
        "phase_seconds": round(max(0.0, now - call.phase_since), 1),
        "retries": call.retries,
        "reason": call.retry_reason,
        "sent": phase in SENT,
        "task": phase in TASK_PENDING,
        "cancelled": call.token.cancelled,
    }


def cancel(requester: Requester, body: bytes, number: str) -> Reply:
    """Cancel a call that is not yet sent: ``{"outcome": "cancelled" | "left" | "sent" | "ended"}``.

    A call that waits for a task stops waiting ("left"); the task goes on, and the next run resumes it. Any other call
    that was sent is left alone: it is charged, and its answer goes to the node and into the store.
    """

    def action(_: dict[str, Any]) -> dict[str, Any]:
        call = next((call for call in clients.shared.active_calls() if str(call.number) == number), None)
        if call is None:
            return {"outcome": "ended"}
        phase = call.phase
        if phase in SENT:
            return {"outcome": "sent"}
        call.token.cancel()
        return {"outcome": "left" if phase in TASK_PENDING else "cancelled"}

    return change(action, "results_remote")(requester, body)


def charges() -> Reply:
    """Charged calls by model ``{"today": period, "month": period}``, by the clock of this computer."""

    def work() -> dict[str, Any]:
        midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0)
        stored = store()
        return {
            "today": period(stored.spending_since(midnight.timestamp()), midnight),
            "month": period(stored.spending_since(midnight.replace(day=1).timestamp()), midnight.replace(day=1)),
        }

    return answer(work)


def period(spent: Sequence[Spending], since: datetime) -> dict[str, Any]:
    costs = [one.cost for one in spent if one.cost is not None]
    return {
        "since": since.strftime("%Y-%m-%d"),
        "calls": sum(one.calls for one in spent),
        "cost": sum(costs) if costs else None,
        "models": [{**named(one.req_key), "calls": one.calls, "cost": one.cost} for one in spent],
    }


def revision_of(stored: ResultStore) -> str:
    """Changes with the store and with the day, because today's charges are counted from midnight."""
    return f"{time.strftime('%Y-%m-%d')} {stored.revision()}"

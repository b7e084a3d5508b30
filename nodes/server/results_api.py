"""Backend of the results panel: results, stored or still to be fetched, and charges. See :mod:`.calls_api` for calls.

Imports no ComfyUI, no aiohttp. Reading is open to every client of ComfyUI, like its history; deleting is allowed as
changing settings is, see :mod:`.settings`.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from PIL import Image

from ...volcv_client.catalog import model
from ...volcv_client.errors import SetupError, StoreError
from ...volcv_client.images.decode import answer_formats
from ...volcv_client.images.formats import CONTENT_TYPES
from ...volcv_client.messages import language, texts
from ...volcv_client.money import estimated
from ...volcv_client.store.budget import Budget, active_limits, budgets
from ...volcv_client.store.entry import Entry, State
from ...volcv_client.store.result import Result, ResultFile
from ...volcv_client.store.results import Filter, ResultStore, Word
from ...volcv_client.store.spending import Spending
from ..runner import clients
from .models_api import known, named, names, recreation
from .settings import Reply, Requester, change

MOST = 200
"""Results in one answer."""

MOST_CHANGED = 500
"""Results in one change; sqlite takes 999 values in a statement."""

MOST_WORDS = 16
"""Words of a search; further ones are ignored."""

RESULTS = (State.COMPLETE, State.ANSWERED)


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
    return min(int(text), most) if text.isascii() and text.isdigit() and len(text) < 12 else default


def listing(
    requester: Requester,
    offset: str = "",
    limit: str = "",
    query: str = "",
    of_model: str = "",
    charged: str = "",
    favourite: str = "",
    since: str = "",
    until: str = "",
) -> Reply:
    """Results, newest first: ``{"results", "total", "models", "revision", "refusal"}``.

    They are stored, or paid and still to be fetched.

    ``query`` must be found in the prompt, the model's names, the seed or the request id; ``of_model``: a req_key, or
    the id of a node for all its req_keys; ``charged``: "yes", or "no" for the sandbox's; ``favourite``: "yes";
    ``since`` and ``until``: Unix times. ``total`` counts all that match. ``revision`` changes with the store.
    """
    wanted = Filter(
        req_keys=[key for key, facts in known().items() if facts["node"] == of_model] or [of_model][: bool(of_model)],
        words=words_in(query),
        charged={"yes": True, "no": False}.get(charged),
        favourite=favourite == "yes",
        since=whole(since, 0, 2**40),
        until=whole(until, 0, 2**40),
    )

    def work() -> dict[str, Any]:
        stored = store()
        revision = revision_of(stored)
        found, total = stored.listing(whole(limit, 50, MOST), whole(offset, 0, 10**9), wanted)
        return {
            "results": [summary(entry) for entry in found],
            "total": total,
            "models": [{**named(key), "results": count} for key, count in stored.models().items()],
            "revision": revision,
            "refusal": requester.refusal("results_remote"),
        }

    return answer(work)


def words_in(query: str) -> list[Word]:
    """The words of a query, each with the req_keys of models whose names contain it."""
    words = query.casefold().split()[:MOST_WORDS]
    return [(word, [key for key in known() if word in names(key)]) for word in words]


def summary(entry: Entry) -> dict[str, Any]:
    """One line of the list. ``version`` makes the address of a picture unlike that of any other store's.

    ``kind``: what its files are, "picture" or "video"; ``pictures`` counts either. ``state``: "complete", or "answered"
    if it is paid and still to be fetched, all of it or some pictures; ``problem`` says why, as far as that is known,
    and ``fetching`` that a call does so now.
    """
    result = entry.result
    waits = entry.state is State.ANSWERED
    video = result.is_video or (not result.files and result.req_key in known() and model(result.req_key).video)
    return {
        **named(result.req_key),
        "id": result.id,
        "name": entry.name,
        "state": entry.state.value,
        "problem": problem_text(entry) if waits else "",
        "fetching": waits and is_under_way(entry),
        "version": result.files[0].path.stem[:12] if result.files and result.files[0].path else "",
        "kind": "video" if video else "picture",
        "pictures": len(result.files),
        "request_id": result.request_id,
        "prompt": result.prompt[:500],
        "seed": result.seed,
        "seconds": result.seconds,
        "comfyui_cost": result.cost,
        "amount": result.amount,
        "currency": result.currency,
        "estimate": "" if result.amount is None else estimated({result.currency: result.amount}),
        "created": result.created,
        "charged": result.charged,
        "reuses": result.reuses,
        "favourite": result.favourite,
    }


def is_under_way(entry: Entry) -> bool:
    """Whether a call of this or another process attends to it, or is about to."""
    about_to = any(call.entry is not None and call.entry.uid == entry.uid for call in clients.shared.active_calls())
    return about_to or store().journal.is_attended(entry)


class Unrecorded(dict[str, str]):
    """Placeholders of a text. The journal has the key of an error, not the values that it was raised with."""

    def __missing__(self, name: str) -> str:
        return "..."


def problem_text(entry: Entry) -> str:
    """The message of the error that keeps an answer from being used, without what the journal does not have of it."""
    template = texts(language()).get(f"error.{entry.problem}.message", "")
    hosts = [urlsplit(url).hostname or "" for url in entry.result.image_urls]
    text = template.format_map(Unrecorded(host=hosts[0] if hosts else "..."))
    return re.sub(r"\s*[(\uff08]\.\.\.[)\uff09]", "", text)


def id_of(text: str) -> int:
    """A row id; 0, which no row has, for anything that is not one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def find_entry(number: str) -> Entry:
    """The entry of the result of that id. StoreError if there is none."""
    entry = store().entry(id_of(number))
    if entry is None or entry.state not in RESULTS:
        raise StoreError("no_result")
    return entry


def find(number: str) -> Result:
    """The result of that id with its files. StoreError if there is none."""
    result = find_entry(number).result
    if not result.files:
        raise StoreError("no_result")
    return result


def details(number: str) -> Reply:
    """A result's summary with its whole prompt, request, texts, and the facts of its pictures."""

    def work() -> dict[str, Any]:
        entry = find_entry(number)
        result = entry.result
        return {
            **summary(entry),
            "recreate": recreation(entry),
            "prompt": result.prompt,
            "request": dict(result.request),
            "texts": dict(result.texts),
            "files": [file_facts(file) for file in result.files],
        }

    return answer(work)


def mark_favourites(requester: Requester, body: bytes) -> Reply:
    """``{"ids": [...], "favourite": true}``: favourites are never evicted. Replies ``{"changed": number}``."""

    def action(request: dict[str, Any]) -> dict[str, Any]:
        return {"changed": store().set_favourite(ids_in(request), request.get("favourite") is True)}

    return change(action, "results_remote")(requester, body)


def delete_several(requester: Requester, body: bytes) -> Reply:
    """``{"ids": [...]}``: delete these results. Those that a call attends to stay. Replies ``{"deleted": number}``."""

    def action(request: dict[str, Any]) -> dict[str, Any]:
        entries = [entry for number in ids_in(request) if (entry := store().entry(number)) and entry.state in RESULTS]
        settled = [entry for entry in entries if entry.state is State.COMPLETE or not is_under_way(entry)]
        return {"deleted": sum(store().forget(entry.uid) for entry in settled)}

    return change(action, "results_remote")(requester, body)


def ids_in(request: dict[str, Any]) -> list[int]:
    """The row ids of a request. Raises SetupError for anything else."""
    ids = request.get("ids")
    if not isinstance(ids, list) or len(ids) > MOST_CHANGED or any(type(one) is not int for one in ids):
        raise SetupError("bad_request")
    return [one for one in ids if 0 < one < 2**63]


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
    """Delete a result or discard an open call, with its files and answer. Its charge stays counted.

    The same request is then sent, and charged, anew. Refused while a call attends to it.
    """

    def action(_: dict[str, Any]) -> dict[str, Any]:
        entry = store().entry(id_of(number))
        if entry is None:
            return {"deleted": 0}
        if entry.state is not State.COMPLETE and is_under_way(entry):
            raise StoreError("attended_elsewhere", name=entry.name)
        return {"deleted": store().forget(entry.uid)}

    return change(action, "results_remote")(requester, body)


def charges() -> Reply:
    """Charged calls by model ``{"today": period, "month": period}``, by the clock of this computer."""

    def work() -> dict[str, Any]:
        found = budgets(store(), active_limits())
        return {"today": period(found["daily"]), "month": period(found["monthly"])}

    return answer(work)


def period(budget: Budget) -> dict[str, Any]:
    """Facts of a :class:`Budget`. ``unknown``: calls without an answer, beside the charged ones; ``limit`` and
    ``budget``: 0 for none. ``amounts``: estimated charge by currency, ``estimate`` the same for people, empty if there
    is none; ``unpriced``: calls that are not in it."""
    return {
        "since": datetime.fromtimestamp(budget.since).strftime("%Y-%m-%d"),
        "calls": budget.calls,
        "unknown": budget.unknown,
        "limit": budget.limit.most,
        "left": budget.limit.left,
        "budget": budget.money.most,
        "budget_left": budget.money.left,
        "currency": budget.currency,
        "amounts": budget.amounts,
        "estimate": estimated(budget.amounts),
        "unpriced": budget.unpriced,
        "models": [{**named(one.req_key), **charged_json(one)} for one in budget.spent],
    }


def charged_json(one: Spending) -> dict[str, Any]:
    return {
        "calls": one.calls,
        "unknown": one.unknown,
        "amounts": one.amounts,
        "estimate": estimated(one.amounts),
        "unpriced": one.unpriced,
    }


def revision_of(stored: ResultStore) -> str:
    """Changes with the store and with the day, because today's charges are counted from midnight."""
    return f"{time.strftime('%Y-%m-%d')} {stored.revision()}"

"""HTTP routes of the settings panel (:mod:`.settings`), of prices (:mod:`.prices_api`) and of the results panel
(:mod:`.results_api`, :mod:`.calls_api`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import folder_paths
from aiohttp import web
from server import PromptServer

from ...volcv_client.catalog.examples import PICTURE_NAMES, picture_path
from ...volcv_client.errors import StoreError
from ...volcv_client.messages import say
from . import settings
from .settings import Reply, Requester

MAX_BODY = 64 * 2**10
POLL_SECONDS = 0.1
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
NO_STORE = {"Cache-Control": "no-store"}
IMMUTABLE = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; media-src 'self'; sandbox",
}
"""A stored file never changes; whatever it contains, browsers show it as a picture or video, never as a page."""


def results_api() -> Any:
    """Lazy import of :mod:`.results_api`, in worker threads only: it loads Pillow and the store."""
    from . import results_api

    return results_api


def calls_api() -> Any:
    """Lazy import of :mod:`.calls_api`, in worker threads only, like :func:`results_api`."""
    from . import calls_api

    return calls_api


def models_api() -> Any:
    """Lazy import of :mod:`.models_api`, in worker threads only, like :func:`results_api`."""
    from . import models_api

    return models_api


def requester_of(request: web.Request) -> Requester:
    """The requester; its address is the socket's, whatever the headers say."""
    headers = request.headers
    return Requester(
        remote=request.remote or "",
        host=headers.get("Host", ""),
        origin=headers.get("Origin"),
        content_type=headers.get("Content-Type", ""),
        forwarded=headers.get("X-Forwarded-For") or headers.get("Forwarded", ""),
    )


async def body_of(request: web.Request) -> bytes:
    """The request's body. Raises HTTPRequestEntityTooLarge beyond ``MAX_BODY``; ComfyUI's own limit is for uploads."""
    body = bytearray()
    async for piece in request.content.iter_chunked(2**14):
        body += piece
        if len(body) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
    return bytes(body)


async def respond(work: Callable[..., Reply], *arguments: object) -> web.Response:
    """Run ``work`` in a worker thread, because it may read files and call the gateway, and send its reply."""
    status, body = await asyncio.to_thread(work, *arguments)
    return web.json_response(body, status=status, headers=NO_STORE)


def reading(work: Callable[[web.Request], Reply]) -> Handler:
    """Handler of a request that changes nothing."""

    async def handle(request: web.Request) -> web.Response:
        return await respond(work, request)

    return handle


def changing(work: Callable[..., Reply]) -> Handler:
    """Handler that calls ``work(requester, body, *parts of the path)``."""

    async def handle(request: web.Request) -> web.Response:
        return await respond(work, requester_of(request), await body_of(request), *request.match_info.values())

    return handle


def sending(locate: Callable[[web.Request], Any]) -> Handler:
    """Handler that sends the stored file that ``locate`` returns, or the requested byte range of it."""

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            file = await asyncio.to_thread(locate, request)
        except StoreError as error:
            status = 404 if error.key == "no_result" else 500
            return web.json_response({"error": str(error)}, status=status, headers=NO_STORE)
        saved_as = {"Content-Disposition": f'inline; filename="{file.name}"'} if file.name else {}
        return web.FileResponse(file.path, headers={**IMMUTABLE, **saved_as, "Content-Type": file.content_type})

    return handle


def prices(request: web.Request) -> Reply:
    """Lazy import of :mod:`.prices_api`, like :func:`results_api`."""
    from . import prices_api

    return prices_api.prices(request.query.get("revision", ""))


def example_picture(request: web.Request) -> Reply:
    """The ``ui`` of an example picture, so that its node shows it before it has run; 404 for an unknown name."""
    from ...volcv_client.store.result import ResultFile
    from ..previews import previews

    name = request.match_info["name"]
    if name not in PICTURE_NAMES:
        return 404, {"error": say("error.no_result.message")}
    folder = Path(folder_paths.get_temp_directory())
    return 200, previews([ResultFile(picture_path(name))], folder)


async def fetch_result(request: web.Request) -> web.Response:
    """Start a fetch and reply once it has ended. No thread waits meanwhile: a task may take minutes."""
    given = requester_of(request), await body_of(request), request.match_info["id"]
    begun = await asyncio.to_thread(lambda: calls_api().start_fetch(*given))
    if isinstance(begun, tuple):
        return await respond(lambda: begun)
    while not begun.ended:
        await asyncio.sleep(POLL_SECONDS)
    return await respond(lambda: calls_api().fetched(begun))


LISTING = ("offset", "limit", "query", "model", "charged", "favourite", "since", "until")


def list_results(request: web.Request) -> Reply:
    terms = (request.query.get(name, "") for name in LISTING)
    reply: Reply = results_api().listing(requester_of(request), *terms)
    return reply


def register() -> None:
    """Add the routes to ComfyUI's server, which also serves each under /api."""
    if PromptServer.instance is None:
        return
    routes = PromptServer.instance.routes
    routes.get("/volcv/status")(reading(lambda one: settings.status(requester_of(one), one.query.get("profile", ""))))
    routes.post("/volcv/locale")(changing(lambda _, body: settings.report_locale(body)))
    routes.post("/volcv/settings")(changing(settings.save))
    routes.post("/volcv/profile")(changing(settings.activate))
    routes.post("/volcv/test")(changing(settings.check_profile))
    routes.post("/volcv/check")(changing(settings.check_all))
    routes.delete("/volcv/profile/{name}")(changing(settings.delete))
    routes.get("/volcv/results")(reading(list_results))
    routes.post("/volcv/results/favourite")(changing(lambda *arguments: results_api().mark_favourites(*arguments)))
    routes.post("/volcv/results/delete")(changing(lambda *arguments: results_api().delete_several(*arguments)))
    routes.get("/volcv/models")(reading(lambda _: models_api().known_models()))
    routes.get("/volcv/results/{id}")(reading(lambda one: results_api().details(one.match_info["id"])))
    routes.get("/volcv/results/{id}/thumbnail")(
        sending(lambda one: results_api().thumbnail(one.match_info["id"], one.query.get("n", "0")))
    )
    routes.get("/volcv/results/{id}/picture/{n}")(sending(lambda one: results_api().picture(*one.match_info.values())))
    routes.delete("/volcv/results/{id}")(changing(lambda *arguments: results_api().delete(*arguments)))
    routes.post("/volcv/results/{id}/fetch")(fetch_result)
    routes.get("/volcv/calls")(reading(lambda _: calls_api().calls_under_way()))
    routes.post("/volcv/calls/{id}/cancel")(changing(lambda *arguments: calls_api().cancel(*arguments)))
    routes.get("/volcv/example/{name}")(reading(example_picture))
    routes.get("/volcv/prices")(reading(prices))
    routes.get("/volcv/charges")(reading(lambda _: results_api().charges()))

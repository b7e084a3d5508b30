"""The results panel's routes on ComfyUI's server; what they do stands in :mod:`.results_api`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from aiohttp import web
from server import PromptServer

from ...volcv_client.errors import StoreError
from .routes import body_of, client_of, respond
from .settings import Client, Reply

if TYPE_CHECKING:
    from .results_api import Sent

Locate = Callable[[str, str], "Sent"]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FOREVER = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; media-src 'self'; sandbox",
}
"""A stored file never changes; whatever is in it, it is shown as a picture or video and never as a page."""


def late(name: str) -> Callable[..., Any]:
    """:mod:`.results_api`'s function of that name, loaded by the worker thread that first calls it."""

    def work(*arguments: Any) -> Any:
        return getattr(import_module(".results_api", __package__), name)(*arguments)

    return work


async def get_results(request: web.Request) -> web.Response:
    asked = request.query
    terms = (asked.get(name, "") for name in ("offset", "limit", "query", "model"))
    return await respond(partial(late("listing"), client_of(request), *terms))


async def get_result(request: web.Request) -> web.Response:
    return await respond(partial(late("details"), request.match_info["id"]))


async def get_calls(_: web.Request) -> web.Response:
    return await respond(late("calls_under_way"))


async def get_charges(_: web.Request) -> web.Response:
    return await respond(late("charges"))


def file_of(locate: Locate, position: Callable[[web.Request], str]) -> Handler:
    """A handler that sends the file that ``locate`` finds, or the part of it that is asked for."""

    async def send(request: web.Request) -> web.StreamResponse:
        try:
            path, content_type, name = await asyncio.to_thread(locate, request.match_info["id"], position(request))
        except StoreError as error:
            status = 404 if error.key == "no_result" else 500
            return web.json_response({"error": str(error)}, status=status, headers={"Cache-Control": "no-store"})
        saved_as = {"Content-Disposition": f'inline; filename="{name}"'} if name else {}
        return web.FileResponse(path, headers={**FOREVER, **saved_as, "Content-Type": content_type})

    return send


def changing(work: Callable[[Client, bytes, str], Reply]) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        return await respond(partial(work, client_of(request), await body_of(request), request.match_info["id"]))

    return handle


def register() -> None:
    """Add the routes; ComfyUI serves each also under /api."""
    server = PromptServer.instance
    if server is None:
        return
    routes = server.routes
    routes.get("/volcv/results")(get_results)
    routes.get("/volcv/results/{id}")(get_result)
    routes.get("/volcv/results/{id}/thumbnail")(file_of(late("thumbnail"), lambda one: one.query.get("n", "0")))
    routes.get("/volcv/results/{id}/picture/{n}")(file_of(late("picture"), lambda one: one.match_info["n"]))
    routes.delete("/volcv/results/{id}")(changing(late("delete")))
    routes.get("/volcv/calls")(get_calls)
    routes.post("/volcv/calls/{id}/cancel")(changing(late("cancel")))
    routes.get("/volcv/charges")(get_charges)

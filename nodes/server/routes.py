"""The settings panel's routes on ComfyUI's server; what they do stands in :mod:`.settings`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from aiohttp import web
from server import PromptServer

from . import settings
from .settings import Client, Reply

MAX_BODY = 64 * 2**10
Change = Callable[[Client, bytes], Reply]


def client_of(request: web.Request) -> Client:
    """Who asks. Only the socket's address counts as an address."""
    headers = request.headers
    return Client(
        remote=request.remote or "",
        host=headers.get("Host", ""),
        origin=headers.get("Origin"),
        content_type=headers.get("Content-Type", ""),
        forwarded=headers.get("X-Forwarded-For") or headers.get("Forwarded", ""),
    )


async def body_of(request: web.Request) -> bytes:
    """The request's body; HTTPRequestEntityTooLarge beyond a size that no setting needs."""
    body = bytearray()
    async for piece in request.content.iter_chunked(2**14):
        body += piece
        if len(body) > MAX_BODY:
            raise web.HTTPRequestEntityTooLarge(MAX_BODY, len(body))
    return bytes(body)


async def respond(work: Callable[[], Reply]) -> web.Response:
    """The reply of ``work``, which may read files and call the gateway, as JSON that nobody keeps."""
    status, body = await asyncio.to_thread(work)
    return web.json_response(body, status=status, headers={"Cache-Control": "no-store"})


async def get_status(request: web.Request) -> web.Response:
    return await respond(partial(settings.status, client_of(request), request.query.get("profile", "")))


async def post_locale(request: web.Request) -> web.Response:
    return await respond(partial(settings.report_locale, await body_of(request)))


async def delete_profile(request: web.Request) -> web.Response:
    name = request.match_info["name"]
    return await respond(partial(settings.delete, client_of(request), await body_of(request), name))


async def post(change: Change, request: web.Request) -> web.Response:
    return await respond(partial(change, client_of(request), await body_of(request)))


def register() -> None:
    """Add the routes; ComfyUI serves each also under /api."""
    server = PromptServer.instance
    if server is None:
        return
    routes = server.routes
    routes.get("/volcv/status")(get_status)
    routes.post("/volcv/locale")(post_locale)
    routes.post("/volcv/settings")(partial(post, settings.save))
    routes.post("/volcv/profile")(partial(post, settings.activate))
    routes.post("/volcv/test")(partial(post, settings.prove))
    routes.delete("/volcv/profile/{name}")(delete_profile)

"""Adapter to the running ComfyUI: status, progress, previews and interrupts of a node; locale and state folder."""

from __future__ import annotations

import asyncio
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folder_paths
from comfy.model_management import processing_interrupted
from comfy_api.latest import ComfyAPI
from comfy_execution.utils import get_executing_context
from server import PromptServer

from ..volcv_client import config, messages
from .server.settings import browser_locale
from .status import NodeStatus

if TYPE_CHECKING:
    from .runner import NodeResult

STATUS_EVENT = "volcv.status"
"""Websocket event with ``node``, ``prompt_id``, ``kind``, ``lines`` and ``actions``; ``kind`` "running" while the node
runs, else that of a NodeStatus. The pack's own event, because the frontend drops progress texts when a job ends."""

api = ComfyAPI()


class ComfyHost:
    """A node of the running prompt, as the runner's ``Host``."""

    def __init__(self, node_id: str) -> None:
        self._node_id = node_id
        context = get_executing_context()
        self._prompt_id = context.prompt_id if context else ""

    def status(self, text: str) -> None:
        self.outcome(NodeStatus("running", (text,)))

    def outcome(self, status: NodeStatus) -> None:
        server = PromptServer.instance
        # Without a client id the event would go to every open browser.
        if server is not None and server.client_id is not None:
            event = {"node": self._node_id, "prompt_id": self._prompt_id, **status.json()}
            server.send_sync(STATUS_EVENT, event, server.client_id)

    async def shown(self, result: NodeResult) -> dict[str, list[Any]]:
        """The ``ui`` of a node's output: previews of its files, and its status."""
        from .previews import previews  # lazy import: loads the store

        folder = Path(folder_paths.get_temp_directory())
        files = await asyncio.to_thread(previews, result.pictures, folder)
        return {**files, "volcv_status": [result.status.json()]}

    async def progress(self, done: float, total: int) -> None:
        # No live preview: frontends keep showing it in front of the finished pictures.
        await api.execution.set_progress(done, total, node_id=self._node_id)

    def interrupted(self) -> bool:
        return bool(processing_interrupted())


def locale() -> str:
    """Locale of messages, such as "zh-CN": the pack's setting, else ComfyUI's, else the browser's language."""
    settings_file = Path(folder_paths.get_user_directory()) / "default" / "comfy.settings.json"
    return read_locale(settings_file, browser_locale(), modified(config.config_file()), modified(settings_file))


@lru_cache(maxsize=1)
def read_locale(settings_file: Path, browser: str, *_modified: int) -> str:
    """:func:`locale` without a cache; every status line needs it, so it is read again only after a change."""
    if (own := config.stored_language()) != config.AUTO_LANGUAGE:
        return own
    try:
        chosen = json.loads(settings_file.read_text(encoding="utf-8")).get("Comfy.Locale")
    except (OSError, ValueError, AttributeError):
        chosen = None
    return str(chosen or browser)


def modified(path: Path) -> int:
    """Time of the last write in nanoseconds, 0 if there is no such file."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def configure_for_comfyui() -> None:
    """Keep state in ComfyUI's private system folder, which it never serves, and follow its locale."""
    config.set_default_home(Path(folder_paths.get_system_user_directory("volcv")))
    messages.set_locale_source(locale)

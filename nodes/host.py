"""ComfyUI as the surroundings of a run."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

import folder_paths
from comfy.model_management import processing_interrupted
from comfy_api.latest import ComfyAPI
from server import PromptServer
from torch import Tensor

from ..volcv_client import config, messages
from ..volcv_client.config import profiles
from .server.settings import browser_locale

api = ComfyAPI()


class ComfyHost:
    """One node of the running prompt."""

    def __init__(self, node_id: str) -> None:
        self._node_id = node_id

    def status(self, text: str) -> None:
        server = PromptServer.instance
        # Without a client id the text would go to every open browser.
        if server is not None and server.client_id is not None:
            server.send_progress_text(text, self._node_id, server.client_id)

    async def progress(self, done: int, total: int, preview: Tensor | None) -> None:
        await api.execution.set_progress(done, total, node_id=self._node_id, preview_image=preview)

    def interrupted(self) -> bool:
        return bool(processing_interrupted())


def settings_file() -> Path:
    return Path(folder_paths.get_user_directory()) / "default" / "comfy.settings.json"


def locale() -> str:
    """:func:`chosen_locale`, looked up again only when one of its sources changes: every status line asks for it."""
    return looked_up_locale(*map(changed_at, (config.config_file(), settings_file())), browser_locale())


def changed_at(path: Path) -> int:
    """When the file was last written; 0 if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)
def looked_up_locale(*_: object) -> str:
    return chosen_locale()


def chosen_locale() -> str:
    """The language of messages, such as "zh".

    The first that is known of: the choice in the pack's own settings, the one in ComfyUI's settings, the
    browser's language as the frontend reports it.
    """
    own = profiles.language()
    if own != profiles.AUTO:
        return own
    try:
        chosen = json.loads(settings_file().read_text(encoding="utf-8")).get("Comfy.Locale")
    except (OSError, ValueError, AttributeError):
        chosen = None
    return str(chosen or browser_locale())


def settle_in() -> None:
    """Keep state where ComfyUI keeps private state, and speak the user's language."""
    config.set_home(Path(folder_paths.get_system_user_directory("volcv")))
    messages.follow(locale)

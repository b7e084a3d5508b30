"""Texts for people, in English and Chinese.

The language is ``VOLCV_LANG`` if set, else what the surroundings report (ComfyUI's locale, the terminal's
``LANG``). Texts live in ``en.json`` and ``zh.json`` beside this file, keyed by name, with ``str.format``
placeholders.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from os import environ
from pathlib import Path

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> dict[str, str]:
    """All texts of one language, name -> template."""
    loaded: dict[str, str] = json.loads(Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def terminal_language() -> str:
    """The terminal's language, from the usual locale variables."""
    return environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or "en"


_surroundings: Callable[[], str] = terminal_language


def follow(surroundings: Callable[[], str]) -> None:
    """Let the language follow what ``surroundings()`` returns at the time a text is made, such as "zh-CN"."""
    global _surroundings
    _surroundings = surroundings


def language() -> str:
    """The language in force: "en" or "zh"."""
    wanted = environ.get("VOLCV_LANG") or _surroundings()
    return "zh" if wanted.lower().startswith("zh") else "en"


def say(name: str, /, **values: object) -> str:
    """The text of that name in the language in force. KeyError if there is no such text."""
    return texts(language())[name].format(**values)


def has(name: str) -> bool:
    return name in texts("en")

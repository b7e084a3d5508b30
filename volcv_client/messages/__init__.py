"""Message catalog in English and Chinese: ``en.json`` and ``zh.json``, name -> ``str.format`` template.

Language: ``VOLCV_LANG`` if set, else the locale source (the terminal's ``LANG``; inside ComfyUI its locale).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from os import environ
from pathlib import Path

from ..redact import without_markup

LANGUAGES = ("en", "zh")


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> dict[str, str]:
    """The catalog of one language, name -> template."""
    loaded: dict[str, str] = json.loads(Path(__file__).with_name(f"{language}.json").read_text(encoding="utf-8"))
    return loaded


def terminal_locale() -> str:
    """Locale of the terminal, such as "zh_CN.UTF-8", from the POSIX variables."""
    return environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or "en"


_locale_source: Callable[[], str] = terminal_locale


def set_locale_source(source: Callable[[], str]) -> None:
    """Take the locale, such as "zh-CN", from ``source()``, which is called for every text."""
    global _locale_source
    _locale_source = source


def language() -> str:
    """The language in force: "en" or "zh"."""
    wanted = environ.get("VOLCV_LANG") or _locale_source()
    return "zh" if wanted.lower().startswith("zh") else "en"


def say(name: str, /, **values: object) -> str:
    """The text ``name`` in the language in force, placeholders filled. Raises KeyError for an unknown name.

    ``count`` 1 takes the singular form ``name.singular``, where the language has one. Texts may come from outside, and
    become no markup: a node renders it.
    """
    plain = {key: without_markup(value) if isinstance(value, str) else value for key, value in values.items()}
    catalog = texts(language())
    singular = f"{name}.singular" if values.get("count") == 1 else name
    return catalog.get(singular, catalog[name]).format(**plain)


def has(name: str) -> bool:
    """Whether the catalog has a text of that name."""
    return name in texts("en")

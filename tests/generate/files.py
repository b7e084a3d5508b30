"""The files of the repository that are generated: comparing and writing them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

ROOT = Path(__file__).resolve().parents[2]

Files: TypeAlias = "Mapping[Path, str]"
"""Path -> the text that the file must have."""


def as_text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def stale(files: Files) -> list[Path]:
    """The files that are missing or have another text."""
    return [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]


def write(files: Files) -> list[Path]:
    """Write what is stale; the paths written."""
    written = stale(files)
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path], encoding="utf-8", newline="\n")
    return written


def pack_version() -> str:
    """The version in pyproject.toml."""
    found = re.search(r'^version = "(.+?)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError("pyproject.toml has no version")
    return found[1]

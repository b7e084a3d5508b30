"""The newest frontend of ComfyUI, from the package registry: the one that a ComfyUI comes with is often older."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

VERSION = "1.58.1"
SECONDS = 240


@lru_cache(maxsize=1)
def newest_frontend() -> Path | None:
    """Folder of the frontend's files: ``COMFYUI_FRONTEND``, else installed once into a cache folder; None if that
    fails."""
    if named := os.environ.get("COMFYUI_FRONTEND"):
        return Path(named).expanduser().resolve()
    folder = Path(tempfile.gettempdir()) / f"volcv-frontend-{VERSION}"
    static = folder / "comfyui_frontend_package" / "static"
    if (static / "index.html").is_file():
        return static
    package = f"comfyui-frontend-package=={VERSION}"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder), package]
    try:
        subprocess.run(command, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.SubprocessError):
        return None
    return static if (static / "index.html").is_file() else None

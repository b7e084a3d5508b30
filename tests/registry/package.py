"""The zip that ``comfy node pack`` makes: what git knows, without what ``.comfyignore`` names."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Sequence
from pathlib import Path

from pathspec import GitIgnoreSpec

from tests.generate.files import ROOT

ZIP_NAME = "node.zip"
"""What ``comfy node pack`` calls it; never part of itself."""


def known_files() -> list[str]:
    """Files that are tracked, or would be by the next commit; in a clean checkout just the tracked ones."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    return sorted(name for name in set(listed) if name and name != ZIP_NAME and (ROOT / name).is_file())


def ignored() -> GitIgnoreSpec:
    """The patterns of ``.comfyignore``, read as comfy-cli reads them."""
    lines = (ROOT / ".comfyignore").read_text(encoding="utf-8").splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return GitIgnoreSpec.from_lines(patterns)


def packed_files(known: Sequence[str] | None = None) -> list[str]:
    """Names of the files in the zip, out of the known files."""
    spec = ignored()
    return [name for name in (known_files() if known is None else known) if not spec.match_file(name)]


def pack(folder: Path) -> Path:
    """Write the zip into a folder."""
    path = folder / ZIP_NAME
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in packed_files():
            archive.write(ROOT / name, name)
    return path

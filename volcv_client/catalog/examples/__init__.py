"""Demo input pictures that ship with the pack.

Importing this package only resolves paths, so it stays free of numpy and Pillow.
"""

from __future__ import annotations

from pathlib import Path

PICTURE_NAMES = ("product", "landscape", "character", "room", "light", "scene")

# Only these two need PNG: the cut-out for its alpha, the light map for exact greys.
_PNG_NAMES = frozenset({"product", "light"})
_FOLDER = Path(__file__).resolve().parent / "pictures"


def picture_file_name(name: str) -> str:
    """Return the file name of one demo picture, for example ``room.jpg``."""
    if name not in PICTURE_NAMES:
        raise KeyError(f"unknown demo picture {name!r}; expected one of {', '.join(PICTURE_NAMES)}")
    return f"{name}.{'png' if name in _PNG_NAMES else 'jpg'}"


def picture_path(name: str) -> Path:
    """Return the path of one shipped demo picture (a name from ``PICTURE_NAMES``)."""
    return _FOLDER / picture_file_name(name)

"""The requests that show the models at work, and the pictures that ship with the pack for them.

Importing this package only resolves paths, so it stays free of numpy and Pillow.
"""

from __future__ import annotations

from pathlib import Path

from ..spec import Box, Example, MaskPicture, Model, Picture, Text

PICTURE_NAMES = ("product", "landscape", "character", "room", "light", "scene", "garment")

# Only these two need PNG: the cut-out for its alpha, the light map for exact greys.
_PNG_NAMES = frozenset({"product", "light"})
_FOLDER = Path(__file__).resolve().parent / "pictures"

PROMPT = "A blue ceramic teapot on a wooden table, soft morning light"
PICTURE = "room"
MASK: Box = (0.3, 0.3, 0.7, 0.7)
"""What a model without an example gets for its required inputs."""


def picture_file_name(name: str) -> str:
    """File name of a shipped picture, for example ``room.jpg``. KeyError for an unknown name."""
    if name not in PICTURE_NAMES:
        raise KeyError(f"unknown demo picture {name!r}; expected one of {', '.join(PICTURE_NAMES)}")
    return f"{name}.{'png' if name in _PNG_NAMES else 'jpg'}"


def picture_path(name: str) -> Path:
    """Path of a shipped picture. KeyError for an unknown name."""
    return _FOLDER / picture_file_name(name)


def example_of(model: Model) -> Example:
    """The model's example, or one with its defaults and a value for each required input."""
    if model.example:
        return model.example
    wanted = {name for rule in model.requires for name in rule.any_of[:1]}
    needed = [one for one in model.all_inputs() if getattr(one, "required", False) or one.name in wanted]
    return Example(
        title=model.title,
        caption=model.summary,
        values={one.name: PROMPT for one in needed if isinstance(one, Text)},
        pictures={one.name: PICTURE for one in needed if isinstance(one, Picture) and not isinstance(one, MaskPicture)},
        masks={one.name: MASK for one in needed if isinstance(one, MaskPicture)},
    )

"""Render the demo input pictures.

Usage: ``python -m tests.demo_pictures.render [names...] [-o DIR]``

Without names every picture in ``PICTURE_NAMES`` is rendered. The result depends on
fixed seeds only. Needs numpy and Pillow.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Sequence
from pathlib import Path

from volcv_client.catalog.examples import PICTURE_NAMES, picture_file_name, picture_path

from .film import save


def main(argv: Sequence[str] | None = None) -> None:
    """Parse the command line and render the chosen pictures."""
    parser = argparse.ArgumentParser(prog="tests.demo_pictures.render", description="Render the demo pictures.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"any of: {', '.join(PICTURE_NAMES)}")
    folder = picture_path("room").parent
    parser.add_argument("-o", "--output", type=Path, default=folder, help="target folder")
    options = parser.parse_args(argv)
    for name in options.names or PICTURE_NAMES:
        if name not in PICTURE_NAMES:
            parser.error(f"unknown picture {name!r}")
        started = time.perf_counter()
        path = options.output / picture_file_name(name)
        save(importlib.import_module(f".{name}", __package__).render(), path)
        seconds = time.perf_counter() - started
        print(f"{path}: {path.stat().st_size / 1024:.0f} KB, {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()

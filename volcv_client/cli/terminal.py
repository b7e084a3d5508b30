"""Writing to the terminal: results on stdout, everything else on stderr."""

from __future__ import annotations

import io
import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import TextIO

BAR_CELLS = 20
REPORT_SECONDS = 5.0
"""Seconds between progress lines where no bar can be drawn, such as in a log file."""


def make_tolerant() -> None:
    """Let consoles that lack a character (Windows code pages) show a replacement instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def show(text: str) -> None:
    """One line of the result."""
    print(text, flush=True)


def report(text: str) -> None:
    """A line about the result, or an error."""
    print(text, file=sys.stderr, flush=True)


def width(text: str) -> int:
    """Terminal cells that the text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def shorten(text: str, cells: int) -> str:
    """The text in at most so many cells."""
    if width(text) <= cells:
        return text
    kept = ""
    for char in text:
        if width(kept + char) > cells - 3:
            break
        kept += char
    return kept.rstrip() + "..."


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines with aligned columns."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell + " " * (most - width(cell)) for cell, most in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


class Progress:
    """A progress bar on a terminal, a line every few seconds elsewhere, nothing when quiet."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._quiet = quiet
        self._drawn = 0
        self._told_at = time.monotonic()
        self._told = ""

    def update(self, done: int, total: int, status: str) -> None:
        """Show that ``done`` of ``total`` calls have ended."""
        if self._quiet:
            return
        if self._stream.isatty():
            self._draw(done, total, status)
        elif status != self._told and time.monotonic() - self._told_at >= REPORT_SECONDS:
            self._told, self._told_at = status, time.monotonic()
            print(status, file=self._stream, flush=True)

    def _draw(self, done: int, total: int, status: str) -> None:
        from shutil import get_terminal_size  # lazy import: it loads archive formats

        full, empty = self._cells()
        filled = BAR_CELLS * done // max(1, total)
        # One cell stays free: a full line makes some consoles scroll.
        line = shorten(f"{full * filled}{empty * (BAR_CELLS - filled)} {status}", get_terminal_size().columns - 1)
        self._stream.write("\r" + line + " " * (self._drawn - width(line)))
        self._stream.flush()
        self._drawn = width(line)

    def _cells(self) -> tuple[str, str]:
        blocks = "\u2588", "\u2591"
        try:
            "".join(blocks).encode(self._stream.encoding or "ascii")
        except UnicodeEncodeError:
            return "#", "."
        return blocks

    def clear(self) -> None:
        """Remove the bar, before something else is written."""
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
            self._drawn = 0

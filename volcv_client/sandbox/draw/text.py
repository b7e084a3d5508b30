"""Text that always fits: Pillow's own font, one with Chinese where the machine has it, escapes for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

#: Files with Chinese glyphs, which Pillow looks for in the system's font folders; the last one has other alphabets.
WIDE_FONTS = (
    *("NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf"),
    *("wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc"),
    *("Arial Unicode.ttf", "msyh.ttc", "simhei.ttf", "simsun.ttc", "DejaVuSans.ttf"),
)
#: Chinese and other wide characters, which may be broken between any two.
_WIDE = r"\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
_PIECES = re.compile(rf"\n|[{_WIDE}]|[^\s{_WIDE}]+|[ \t]+")
_MISSING, ELLIPSIS = "\U0010fffe", "..."
#: No panel holds more characters than this; measuring a longer prompt would only cost time.
MOST = 1500


@lru_cache(maxsize=1)
def wide_file() -> str:
    """The first font with Chinese glyphs that is there; empty when there is none."""
    for name in WIDE_FONTS:
        try:
            ImageFont.truetype(name, 16)
        except OSError:
            continue
        return name
    return ""


@lru_cache(maxsize=256)
def font_of(size: int, wide: bool) -> Font:
    return ImageFont.truetype(wide_file(), size) if wide and wide_file() else ImageFont.load_default(size=size)


@lru_cache(maxsize=4096)
def has_glyph(char: str, wide: bool) -> bool:
    # Pillow does not show which characters a font has: a missing one draws the same box as a non-character.
    if "\ud800" <= char <= "\udfff" or (wide and not wide_file()):
        return False
    font = font_of(24, wide)
    return char.isspace() or bytes(font.getmask(char)) != bytes(font.getmask(_MISSING))


def writable(text: str) -> str:
    """``text`` with escapes for the characters that no font has; control characters are dropped."""
    chars = [" " if char in "\r\t" else char for char in text if char >= " " or char in "\r\t\n"]
    known = {char for char in set(chars) if char == "\n" or has_glyph(char, False) or has_glyph(char, True)}
    return "".join(char if char in known else char.encode("ascii", "backslashreplace").decode() for char in chars)


def runs(line: str, size: int) -> Iterator[tuple[str, Font]]:
    """The line in pieces of one font each."""
    for wide, chars in groupby(line, lambda char: not has_glyph(char, False)):
        yield "".join(chars), font_of(size, wide)


def length(line: str, size: int) -> float:
    return sum(font.getlength(piece) for piece, font in runs(line, size))


def fit(text: str, width: int, height: int, largest: int, smallest: int = 9) -> Image.Image:
    """A mask (mode L) of the largest setting of ``text`` within width x height px, cut short at the smallest size."""
    text = writable(text.strip() if len(text) <= MOST else text.strip()[:MOST] + ELLIPSIS)
    for size in (*(round(largest * 0.88**step) for step in range(24)), smallest):
        room, leading = max(1, height // round(size * 1.32)), round(size * 1.32)
        # Words are broken only when they would otherwise force the text to be small.
        broken = size > 0.55 * largest and any(length(word, size) > width for word in _PIECES.findall(text))
        lines = _wrap(text, size, width, room + 1)
        if size <= smallest or (len(lines) <= room and leading <= height and not broken):
            break
    if len(lines) > room:
        while lines[room - 1] and length(lines[room - 1] + ELLIPSIS, size) > width:
            lines[room - 1] = lines[room - 1][:-1]
        lines = [*lines[: room - 1], lines[room - 1].rstrip() + ELLIPSIS]
    longest = max((length(line, size) for line in lines), default=0)
    mask = Image.new("L", (max(1, round(longest)), max(1, leading * len(lines))), 0)
    pen = ImageDraw.Draw(mask)
    for row, line in enumerate(lines):
        x = 0.0
        for piece, font in runs(line, size):
            # On a common baseline: fonts of one size have different heights.
            pen.text((x, row * leading + size), piece, font=font, fill=255, anchor="ls")
            x += font.getlength(piece)
    return mask


def _wrap(text: str, size: int, width: int, most: int) -> list[str]:
    """At most ``most`` lines: no more text is measured than could ever fit."""
    lines: list[str] = []
    line = ""
    for word in _PIECES.findall(text):
        for piece in [word] if length(word, size) <= width else list(word):
            if piece == "\n" or length(line + piece, size) > width:
                lines, line = [*lines, line.rstrip()], "" if piece.isspace() else piece
            elif line or not piece.isspace():
                line += piece
            if len(lines) >= most:
                return lines
    return [*lines, line.rstrip()] if line.strip() else lines

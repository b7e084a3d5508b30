"""Text that always fits: fonts with Chinese where the machine has one, escapes where it has none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from .base import Color

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

#: Files with Chinese glyphs first, and the face to use in them; Pillow looks in the system's font folders.
_WIDE_FONTS = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0),
    ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("wqy-microhei.ttc", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("PingFang.ttc", 0),
    ("/System/Library/Fonts/PingFang.ttc", 0),
    ("/System/Library/Fonts/Hiragino Sans GB.ttc", 0),
    ("/System/Library/Fonts/STHeiti Medium.ttc", 0),
    ("/Library/Fonts/Arial Unicode.ttf", 0),
    ("msyh.ttc", 0),
    ("simhei.ttf", 0),
    ("simsun.ttc", 0),
    # No Chinese in these, but far more of the other alphabets than in Pillow's own font.
    ("DejaVuSans.ttf", 0),
    ("LiberationSans-Regular.ttf", 0),
    ("Arial.ttf", 0),
    ("arial.ttf", 0),
)
#: Chinese and other wide characters, which may be broken between any two.
_WIDE = r"\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
_PIECES = re.compile(rf"\n|[{_WIDE}]|[^\s{_WIDE}]+|[ \t]+")
_MISSING = "\U0010fffe"
ELLIPSIS = "..."
#: Stand-ins for the signs that captions use, for fonts that lack them.
_SIMPLER = {"\u00d7": "x", "\u00b7": "|"}
#: No panel holds more characters than this; measuring a longer prompt would only cost time.
MOST = 1500


@lru_cache(maxsize=1)
def _wide_file() -> tuple[str, int] | None:
    for name, index in _WIDE_FONTS:
        try:
            ImageFont.truetype(name, 16, index=index)
        except OSError:
            continue
        return name, index
    return None


@lru_cache(maxsize=128)
def _plain(size: int) -> Font:
    return ImageFont.load_default(size=size)


@lru_cache(maxsize=128)
def _wide_font(size: int) -> Font | None:
    found = _wide_file()
    basic = ImageFont.Layout.BASIC
    return None if found is None else ImageFont.truetype(found[0], size, index=found[1], layout_engine=basic)


@lru_cache(maxsize=4096)
def _has_glyph(wide: bool, char: str) -> bool:
    # Pillow does not show which characters a font has: a missing one draws the same box as a non-character.
    font = _wide_font(24) if wide else _plain(24)
    if font is None or "\ud800" <= char <= "\udfff":
        return False
    if char.isspace():
        return True
    return bytes(font.getmask(char)) != bytes(font.getmask(_MISSING))


def _escape(char: str) -> str:
    if char in _SIMPLER:
        return _SIMPLER[char]
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


@dataclass(frozen=True)
class Style:
    """A text ready to be measured: characters the font lacks are written as escapes."""

    text: str
    wide: bool

    def font(self, size: int) -> Font:
        font = _wide_font(size) if self.wide else None
        return _plain(size) if font is None else font


def style(text: str) -> Style:
    """Choose a font for ``text``: Pillow's own unless it lacks a character and a wider font is there."""
    clean = "".join(" " if char in "\r\t" else char for char in text if char >= " " or char in "\r\t\n")
    plain = all(_has_glyph(False, char) for char in clean)
    wide = not plain and _wide_file() is not None
    return Style("".join(c if c == "\n" or _has_glyph(wide, c) else _escape(c) for c in clean), wide)


@dataclass(frozen=True)
class Layout:
    """Lines that fit: font, lines and the distance between baselines in px."""

    font: Font
    lines: tuple[str, ...]
    leading: int
    width: int

    @property
    def height(self) -> int:
        return self.leading * len(self.lines)


def fit(text: str, width: int, height: int, largest: int, smallest: int = 9) -> Layout:
    """The largest setting of ``text`` within width x height px; cut with an ellipsis at the smallest size."""
    text = text.strip()
    chosen = style(text if len(text) <= MOST else text[:MOST] + ELLIPSIS)
    sizes = sorted({max(smallest, round(largest * 0.88**step)) for step in range(24)}, reverse=True)
    for size in sizes:
        font, leading = chosen.font(size), round(size * 1.32)
        last = size == sizes[-1]
        if leading > height and not last:
            continue
        room = max(1, height // leading)
        # Words are broken only when they would otherwise force the text to be small.
        words = chosen.text.split() if size > 0.55 * largest and not chosen.wide else []
        if not last and any(font.getlength(word) > width for word in words):
            continue
        # Long prompts: no more text is measured than could ever fit.
        lines = _wrap(chosen.text, font, width, room + 1)
        if len(lines) <= room or last:
            if len(lines) > room:
                lines = [*lines[: room - 1], _cut(lines[room - 1], font, width)]
            longest = max((font.getlength(line) for line in lines), default=0)
            return Layout(font, tuple(lines), leading, round(longest))
    raise AssertionError("the loop always returns at the smallest size")


def _wrap(text: str, font: Font, width: int, most: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _PIECES.findall(text):
        if piece == "\n":
            lines, line = [*lines, line.rstrip()], ""
        elif font.getlength(line + piece) <= width:
            line += piece if line or not piece.isspace() else ""
        elif piece.isspace():
            continue
        else:
            if line:
                lines.append(line.rstrip())
            line = piece
            while font.getlength(line) > width and len(line) > 1 and len(lines) < most:
                keep = _most_characters(line, font, width)
                lines.append(line[:keep])
                line = line[keep:]
        if len(lines) >= most:
            return lines
    return [*lines, line.rstrip()] if line.strip() else lines


def _most_characters(text: str, font: Font, width: int) -> int:
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if font.getlength(text[:middle]) <= width else (low, middle - 1)
    return low


def _cut(line: str, font: Font, width: int) -> str:
    while line and font.getlength(line + ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip() + ELLIPSIS


def write(image: Image.Image, layout: Layout, origin: tuple[int, int], color: Color, *, opacity: float = 1.0) -> None:
    """Draw a layout with its top-left corner at ``origin``, in place on an RGB picture."""
    draw = ImageDraw.Draw(image, "RGBA")
    fill = (*color, round(255 * opacity))
    for row, line in enumerate(layout.lines):
        draw.text((origin[0], origin[1] + row * layout.leading), line, font=layout.font, fill=fill)

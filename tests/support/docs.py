"""Parts of ``docs/faults.md`` that tests write: each between two comments that name it.

``VOLCV_WRITE_DOCS=1`` writes them (without xdist); otherwise what the tests see must be in the page.
"""

from __future__ import annotations

from os import environ
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def writing() -> bool:
    return bool(environ.get("VOLCV_WRITE_DOCS"))


def write_part(name: str, text: str) -> None:
    """Replace a part of the page, or append it."""
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if begin not in page:
        page = f"{page.rstrip()}\n\n{begin}{end}".lstrip()
    before, rest = page.split(begin, 1)
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(f"{before}{begin}{text.rstrip()}\n{end}{rest.split(end, 1)[1]}", encoding="utf-8")


def part(name: str) -> str:
    """The text of a part of the page; empty if it is not there."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->\n"
    return page.split(begin, 1)[1].split(end, 1)[0] if begin in page else ""


def cells(*texts: object) -> str:
    """A row of a table."""
    return "| " + " | ".join(str(text).replace("|", "\\|").replace("<", "&lt;") for text in texts) + " |"

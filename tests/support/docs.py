"""Parts of ``docs/faults.md`` that tests write: each between two comments that name it.

``VOLCV_WRITE_DOCS=1`` writes them (without xdist); otherwise what the tests see must be in the page.
"""

from __future__ import annotations

import re
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


def check_part(name: str, text: str) -> None:
    """Compare a part with its text, or write it."""
    if writing():
        write_part(name, text)
    assert part(name).rstrip() == text.rstrip(), "run it again with VOLCV_WRITE_DOCS=1"


def stable(message: str) -> str:
    """A message without what differs from run to run: request ids, task ids, ports, kept answers."""
    message = re.sub(r"\b[0-9]{19}\b", "TASK-ID", message)
    message = re.sub(r"\b20[0-9]{12}[0-9A-F]{18,22}\b", "REQUEST-ID", message)
    message = re.sub(r"\S+/[0-9a-f]{32}\.answer", "FILE", message)
    message = re.sub(r"\b[0-9a-f]{12}\b", "NAME", message)
    return re.sub(r"(127\.0\.0\.1|localhost):[0-9]+", r"\1:PORT", message)

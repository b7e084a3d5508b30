"""The help pages ``web/docs``: hand-written prose with generated tables in the places it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import table
from .definitions import LANGUAGES, texts
from .snapshot import ROOT, Snapshot

PROSE = Path(__file__).with_name("help")
FOLDER = ROOT / "web" / "docs"
SHARED = tuple(sorted({path.name.split(".")[0] for path in (PROSE / "shared").glob("*.md")}))
"""Texts that several pages have: ``{{charging}}`` stands for ``help/shared/charging.<language>.md``."""


def prose(name: str, language: str) -> str:
    return (PROSE / f"{name}.{language}.md").read_text(encoding="utf-8").strip()


def page(snapshot: Snapshot, node_id: str, language: str) -> str:
    """The help page of a node.

    The prose names its generated parts: ``{{picture}}``, ``{{parameters}}``, ``{{outputs}}``, ``{{page}}`` and
    the shared texts.
    """
    title = texts(snapshot, language)[node_id]["display_name"]
    text = f"# {title}\n\n{prose(node_id, language)}\n"
    for name in SHARED:
        text = text.replace(f"{{{{{name}}}}}", prose(f"shared/{name}", language))
    parts = {
        "picture": picture(node_id, title, language),
        "parameters": table.parameters(snapshot, node_id, language),
        "outputs": table.outputs(snapshot, node_id, language),
    }
    if node_id in table.catalog():
        parts["page"] = source(node_id, language)
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part)
    if "{{" in text:
        raise ValueError(f"{node_id}.{language}.md names an unknown part: {text[text.index('{{') :][:40]}")
    return text


def picture(node_id: str, title: str, language: str) -> str:
    """ComfyUI resolves the link from ``web/docs``, wherever the page itself is."""
    return f"![{title}](pictures/{node_id}.jpg)\n\n*{table.words(language)['caption']}*"


def source(node_id: str, language: str) -> str:
    model = table.catalog()[node_id]
    words = table.words(language)
    if model.any_req_key:
        return words["page_of_any"].format(page=model.page)
    return words["page"].format(req_key="`, `".join(model.req_keys), page=model.page)


def pages(snapshot: Snapshot) -> Iterator[tuple[Path, str]]:
    """Every file of ``web/docs`` with its text; without a language there is no fallback to English but that copy."""
    for node_id in snapshot:
        for language in LANGUAGES:
            yield FOLDER / node_id / f"{language}.md", page(snapshot, node_id, language)
        yield FOLDER / f"{node_id}.md", page(snapshot, node_id, "en")

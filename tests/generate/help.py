"""The help pages ``web/docs``: prose of ``locales/<language>/help`` with generated tables in the places it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from . import table
from .files import ROOT, Files
from .locales import FOLDER as LOCALES
from .locales import LANGUAGES, catalog, titles, words
from .snapshot import Snapshot

FOLDER = ROOT / "web" / "docs"
PICTURES = FOLDER / "pictures"
SHARED = tuple(sorted(path.stem for path in (LOCALES / "en" / "help" / "shared").glob("*.md")))
"""Texts that several pages have: ``{{charging}}`` stands for ``help/shared/charging.md``."""


def prose_file(name: str, language: str) -> Path:
    return LOCALES / language / "help" / f"{name}.md"


def prose(name: str, language: str) -> str:
    return prose_file(name, language).read_text(encoding="utf-8").strip()


def page(snapshot: Snapshot, node_id: str, language: str) -> str:
    """The help page of a node.

    The prose names its generated parts: ``{{picture}}``, ``{{parameters}}``, ``{{outputs}}``, ``{{page}}`` and
    the shared texts.
    """
    title = titles(snapshot, language)[node_id]
    text = f"# {title}\n\n{prose(node_id, language)}\n"
    for name in SHARED:
        text = text.replace(f"{{{{{name}}}}}", prose(f"shared/{name}", language))
    parts = {
        "picture": picture(node_id, title, language),
        "parameters": table.parameters(snapshot, node_id, language),
        "outputs": table.outputs(snapshot, node_id, language),
    }
    if node_id in catalog():
        parts["page"] = source(node_id, language)
    for name, part in parts.items():
        text = text.replace(f"{{{{{name}}}}}", part)
    if "{{" in text:
        raise ValueError(f"{language}/help/{node_id}.md names an unknown part: {text[text.index('{{') :][:40]}")
    return text


def picture(node_id: str, title: str, language: str) -> str:
    """ComfyUI resolves the link from ``web/docs``, wherever the page itself is."""
    return f"![{title}](pictures/{node_id}.jpg)\n\n*{words(language)['caption']}*"


def source(node_id: str, language: str) -> str:
    model = catalog()[node_id]
    said = words(language)
    if model.any_req_key:
        return said["page_of_any"].format(page=model.page)
    return said["page"].format(req_key="`, `".join(model.req_keys), page=model.page)


def pages(snapshot: Snapshot) -> Iterator[tuple[Path, str]]:
    """Every page; the frontend falls back to ``<NodeId>.md``, never to ``en.md``, so English is there twice."""
    for node_id in snapshot:
        for language in LANGUAGES:
            if prose_file(node_id, language).exists():
                text = page(snapshot, node_id, language)
                yield FOLDER / node_id / f"{language}.md", text
                if language == "en":
                    yield FOLDER / f"{node_id}.md", text


def problems(snapshot: Snapshot) -> list[str]:
    """Prose that is not written yet, and prose of nodes that do not exist."""
    found = []
    for language in LANGUAGES:
        written = {path.stem for path in prose_file("", language).parent.glob("*.md")}
        found += [f"locales/{language}/help/{name}.md is missing" for name in sorted(snapshot.keys() - written)]
        found += [f"locales/{language}/help/{name}.md is not used" for name in sorted(written - snapshot.keys())]
    return found


def files(snapshot: Snapshot) -> Files:
    return dict(pages(snapshot))

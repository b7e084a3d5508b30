"""The files in ``example_workflows/``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.generate.files import ROOT, Files, pack_version
from tests.generate.locales import captions, translation
from tests.generate.workflows import EXAMPLES, Example
from tests.generate.workflows.convert import to_workflow

FOLDER = ROOT / "example_workflows"
NOTES = Path(__file__).with_name("notes.json")
TITLES = Path(__file__).with_name("titles.json")
SETUP = "setup"
"""Key of the note that every workflow has."""

Notes = Mapping[str, Mapping[str, str]]
"""Title of the workflow -> language -> text."""


def written_notes() -> Notes:
    found: Notes = json.loads(NOTES.read_text(encoding="utf-8"))
    return found


def written_titles() -> Mapping[str, str]:
    """Chinese titles of nodes by the English ones; the page shows both."""
    found: Mapping[str, str] = json.loads(TITLES.read_text(encoding="utf-8"))
    return found


def note_of(example: Example) -> Mapping[str, str]:
    """The note of an example: the hand-written one, or title and caption of the model's declared example."""
    if example.title in (written := written_notes()):
        return written[example.title]
    texts = {language: captions(translation(language))[example.made_from] for language in ("en", "zh")}
    return {language: f"**{text['title']}**\n\n{text['caption']}" for language, text in texts.items()}


def workflow_text(example: Example, object_info: Mapping[str, Any]) -> str:
    """Content of the example's file."""
    notes = note_of(example), written_notes()[SETUP]
    workflow = to_workflow(example, object_info, *notes, written_titles(), pack_version())
    return json.dumps(workflow, ensure_ascii=False, indent=1) + "\n"


def path_of(example: Example) -> Path:
    """The template browser sorts by file name: numbered, the simplest first."""
    return FOLDER / f"{EXAMPLES.index(example) + 1:02d} {example.title}.json"


def files(object_info: Mapping[str, Any]) -> Files:
    return {path_of(one): workflow_text(one, object_info) for one in EXAMPLES}

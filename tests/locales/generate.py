"""Writes what is derived from the nodes: ``python -m tests.locales.generate [--pictures] [--breaking]``.

With a ComfyUI on this machine the snapshot is taken anew; without one the committed snapshot is used. From it
come ``locales/en/nodeDefs.json``, the help pages in ``web/docs`` and ``node_list.json``. The Chinese
``nodeDefs.json`` is put in order, and texts that were translated elsewhere are filled in.
``--pictures`` runs every model in the sandbox for the pictures of the help pages; ``--breaking`` accepts a
snapshot with which saved graphs would not open as before.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.host.client import Client
from tests.host.server import ComfyServer, find_comfy

from . import definitions, pages, snapshot

NODE_LIST = snapshot.ROOT / "node_list.json"


def as_text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def node_list(nodes: snapshot.Snapshot) -> dict[str, str]:
    """For ComfyUI Manager's scanner, which cannot read nodes that are made from a catalog."""
    return {name: node["display_name"] for name, node in nodes.items()}


def derived(nodes: snapshot.Snapshot) -> dict[Path, str]:
    """Every derived file of the repository with the text that it must have."""
    english = snapshot.ROOT / "locales" / "en" / "nodeDefs.json"
    named = {english: as_text(definitions.english(nodes)), NODE_LIST: as_text(node_list(nodes))}
    return named | dict(pages.pages(nodes))


def left_over(nodes: snapshot.Snapshot) -> list[Path]:
    """Help pages and pictures of nodes that do not exist."""
    wanted = {path for path, _ in pages.pages(nodes)} | {pages.FOLDER / "pictures" / f"{name}.jpg" for name in nodes}
    return sorted(path for path in pages.FOLDER.rglob("*") if path.is_file() and path not in wanted)


def current(comfy: Path) -> snapshot.Snapshot:
    """The nodes as this ComfyUI shows them."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {"VOLCV_PROFILE": "sandbox"}
        with ComfyServer(comfy, Path(folder) / "comfy", settings) as server, Client(server.url) as client:
            return snapshot.take(client.object_info())


def write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        print(path.relative_to(snapshot.ROOT))


def arrange_chinese(nodes: snapshot.Snapshot) -> None:
    english, written = definitions.english(nodes), definitions.load("zh", "nodeDefs")
    known = definitions.memory_of(definitions.load("en", "nodeDefs"), written)
    arranged = definitions.arranged(written, english, known)
    write(snapshot.ROOT / "locales" / "zh" / "nodeDefs.json", as_text(arranged))


def refresh_snapshot(comfy: Path, breaking: bool) -> snapshot.Snapshot:
    """Take the snapshot anew and keep it. Raises ValueError if saved graphs would suffer."""
    fresh = current(comfy)
    problems = snapshot.breaks(snapshot.load(), fresh)
    if problems and not breaking:
        raise ValueError("saved graphs would not open as before:\n" + "\n".join(problems))
    write(snapshot.FILE, as_text(fresh))
    return fresh


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", action="store_true")
    parser.add_argument("--breaking", action="store_true")
    arguments = parser.parse_args()
    comfy = find_comfy()
    if comfy is None:
        print("ComfyUI not found (COMFYUI_PATH): the committed snapshot is used", file=sys.stderr)
    try:
        nodes = refresh_snapshot(comfy, arguments.breaking) if comfy else snapshot.load()
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 1
    arrange_chinese(nodes)
    for path, text in derived(nodes).items():
        write(path, text)
    for path in left_over(nodes):
        print(f"left over: {path.relative_to(snapshot.ROOT)}", file=sys.stderr)
    if arguments.pictures:
        from .pictures import write_pictures

        write_pictures(pages.FOLDER / "pictures")
    return 0


if __name__ == "__main__":
    sys.exit(main())

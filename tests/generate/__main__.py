"""Writes everything that is derived from the declarations: ``python -m tests.generate [PART ...]``.

Without names every part but those on request is done, and pictures that are missing are taken. ``--check`` writes
nothing: it names what is stale and ends with 1. Nodes are read and workflows made in a ComfyUI (COMFYUI_PATH, else
~/comfy/ComfyUI); without one the committed snapshot is used and the workflows stay as they are.

``fixtures REPORT``: a fixture of the gateway in tests/ from a report of ``volcv check --live``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.host.client import Client
from tests.host.server import ComfyServer, find_comfy

from . import artwork, files, fixtures, help, locales, models, pictures, snapshot, thumbnails
from .files import ROOT, Files
from .snapshot import Snapshot
from .workflows import EXAMPLES, blueprints
from .workflows import files as workflows

NODE_LIST = ROOT / "node_list.json"


def node_list(nodes: Snapshot) -> Files:
    """For ComfyUI Manager's scanner, which cannot read nodes that are made from a catalog."""
    return {NODE_LIST: files.as_text({name: node["display_name"] for name, node in nodes.items()})}


TEXTS: Mapping[str, Callable[[Snapshot], Files]] = {
    "locales": locales.files,
    "list": node_list,
    "help": help.files,
    "docs": models.files,
}
"""Parts that follow from the snapshot of the nodes and the declarations."""

UNWRITTEN: Mapping[str, Callable[[Snapshot], list[str]]] = {"locales": locales.problems, "help": help.problems}
"""What is to be written by hand and is missing, or is of no use any more."""

IN_COMFYUI = ("snapshots", "workflows")
"""Parts that need a ComfyUI."""

ON_REQUEST = ("pictures", "artwork")
"""``pictures``: help pictures and thumbnails, all of them; ``artwork``: icon and banner."""

FIXTURES = "fixtures"
"""Is followed by reports instead of other parts."""

PARTS = (*IN_COMFYUI[:1], *TEXTS, *IN_COMFYUI[1:], *ON_REQUEST)


@contextmanager
def comfyui(wanted: bool) -> Iterator[Client | None]:
    """A running ComfyUI with the pack in the sandbox; None if there is none or it is not wanted."""
    comfy = find_comfy() if wanted else None
    if comfy is None:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = {"VOLCV_PROFILE": "sandbox"}
        with ComfyServer(comfy, Path(folder) / "comfy", settings) as server, Client(server.url) as client:
            yield client


def generated(parts: Sequence[str], nodes: Snapshot, object_info: Mapping[str, Any] | None) -> dict[Path, str]:
    """Every text file of the parts."""
    found: dict[Path, str] = {}
    if "snapshots" in parts and object_info is not None:
        found[snapshot.FILE] = files.as_text(nodes)
    for part in (part for part in TEXTS if part in parts):
        found |= TEXTS[part](nodes)
    if "workflows" in parts and object_info is not None:
        found |= {**workflows.files(object_info), **blueprints.files(object_info)}
    return found


def left_over(parts: Sequence[str], nodes: Snapshot) -> list[Path]:
    """Help pages, workflows and pictures of what does not exist."""
    known: set[Path] = set()
    folders: list[Path] = []
    if "help" in parts:
        folders.append(help.FOLDER)
        known |= {*help.files(nodes), *map(pictures.path_of, nodes)}
    if "workflows" in parts:
        folders += [workflows.FOLDER, blueprints.FOLDER]
        known |= {*map(blueprints.path_of, blueprints.BLUEPRINTS)}
        known |= {path for one in EXAMPLES for path in (workflows.path_of(one), thumbnails.path_of(one))}
    there = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in there if path not in known)


def missing_pictures(parts: Sequence[str], nodes: Snapshot) -> list[Path]:
    found = pictures.missing(nodes) if {"help", "pictures"} & {*parts} else []
    return found + (thumbnails.missing() if {"workflows", "pictures"} & {*parts} else [])


def take_pictures(parts: Sequence[str], nodes: Snapshot, client: Client | None, info: Mapping[str, Any] | None) -> None:
    """Take the pictures that are missing; all of them if they are asked for."""
    wanted = missing_pictures(parts, nodes)
    if "pictures" in parts:
        wanted = [*map(pictures.path_of, nodes), *map(thumbnails.path_of, EXAMPLES)]
    if help_pictures := [path for path in wanted if path.parent == help.PICTURES]:
        pictures.take(help_pictures)
        tell(help_pictures)
    if client and info and (shots := [path for path in wanted if path.parent == workflows.FOLDER]):
        thumbnails.take(client, info, shots)
        tell(shots)


def tell(paths: Sequence[Path], what: str = "") -> None:
    for path in paths:
        print(what + path.relative_to(ROOT).as_posix(), flush=True)


def run(parts: Sequence[str], check: bool, breaking: bool, client: Client | None) -> int:
    info = client.object_info() if client else None
    before = snapshot.load()
    nodes = snapshot.take(info) if info and "snapshots" in parts else before
    if (broken := snapshot.breaks(before, nodes)) and not breaking:
        print("saved graphs would not open as before:", *broken, sep="\n", file=sys.stderr)
        return 1
    texts, extra = generated(parts, nodes, info), left_over(parts, nodes)
    unwritten = [problem for part, find in UNWRITTEN.items() if part in parts for problem in find(nodes)]
    for problem in unwritten:
        print(problem, file=sys.stderr)
    if check:
        stale = [*files.stale(texts), *missing_pictures(parts, nodes)]
        tell(stale, "stale: ")
        tell(extra, "left over: ")
        return 1 if stale or extra or unwritten else 0
    tell(files.write(texts))
    for path in extra:
        path.unlink()
    tell(extra, "deleted: ")
    take_pictures(parts, nodes, client, info)
    if "artwork" in parts:
        tell(artwork.draw())
    return 1 if unwritten else 0


def make_fixtures(reports: Sequence[Path], check: bool) -> int:
    """Write the fixture of each report; 2 if there is none, or one that is no report or holds a secret."""
    try:
        wanted = {path: text for report in reports for path, text in fixtures.files(report).items()}
    except fixtures.NoReport as error:
        wanted = {}
        print(error, file=sys.stderr)
    if not wanted:
        return 2
    if check:
        stale = files.stale(wanted)
        tell(stale, "stale: ")
        return 1 if stale else 0
    tell(files.write(wanted))
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tests.generate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--check", action="store_true", help="write nothing; name what is stale and end with 1")
    parser.add_argument("--breaking", action="store_true", help="accept nodes with which saved graphs would not open")
    options = parser.parse_args(arguments)
    if options.parts[:1] == [FIXTURES]:
        return make_fixtures([Path(one) for one in options.parts[1:]], options.check)
    if unknown := {*options.parts} - {*PARTS}:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    parts = options.parts or [part for part in PARTS if part not in ON_REQUEST]
    wanted = bool({*IN_COMFYUI, *({"pictures"} if not options.check else ())} & {*parts})
    with comfyui(wanted) as client:
        if wanted and client is None:
            print("ComfyUI not found (COMFYUI_PATH): snapshot and workflows stay as they are", file=sys.stderr)
        return run(parts, options.check, options.breaking, client)


if __name__ == "__main__":
    sys.exit(main())

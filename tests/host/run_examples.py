"""Runs every example workflow in a real ComfyUI in the sandbox: ``python -m tests.host.run_examples -o DIR``.

Used by ``make demo``. Without a ComfyUI it says so and ends well.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.generate.workflows import EXAMPLES, Example
from tests.generate.workflows.convert import complete
from tests.generate.workflows.parts import SAVING
from tests.host.client import Client
from tests.host.server import ComfyServer, HostError, find_comfy


def run_one(client: Client, one: Example, object_info: Mapping[str, Any], folder: Path) -> Iterator[Path]:
    """Run an example and copy what it saved. RuntimeError if it does not succeed."""
    run = client.run(complete(one.graph, object_info))
    if run.end != "execution_success":
        raise RuntimeError(f"{one.title}: {run.error.get('exception_message', run.end)}")
    saved = [key for key, node in one.graph.items() if node["class_type"] in SAVING]
    files = [file for key in saved for file in run.files(key)]
    for number, file in enumerate(files, 1):
        suffix = f" {number}" if len(files) > 1 else ""
        path = folder / f"{one.title}{suffix}{Path(file['filename']).suffix}"
        path.write_bytes(client.file_bytes(file))
        yield path


def run_all(comfy: Path, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as base:
        settings = {"VOLCV_PROFILE": "sandbox"}
        with ComfyServer(comfy, Path(base) / "comfy", settings) as server, Client(server.url) as client:
            object_info = client.object_info()
            for one in EXAMPLES:
                for path in run_one(client, one, object_info, folder):
                    print(path, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.host.run_examples", description="Run the example workflows.")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the pictures")
    options = parser.parse_args()
    comfy = find_comfy()
    if comfy is None:
        print("ComfyUI not found: set COMFYUI_PATH to its folder to run the example workflows in it as well")
        return 0
    options.output.mkdir(parents=True, exist_ok=True)
    print(f"Running the example workflows in {comfy}", flush=True)
    try:
        run_all(comfy, options.output)
    except (HostError, RuntimeError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

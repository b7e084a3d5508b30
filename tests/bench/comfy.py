"""Inside a real ComfyUI: what the pack adds to its start and to a node's time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from os import environ
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.pack import load_pack
from tests.support.pictures import encoded

from .light import KEY, light
from .photos import photo
from .rows import ROOT, Row, median

HEAVY = ("calls", "http", "store", "images", "answer", "request.body", "sandbox")
TEXTS = ("/messages/", "/catalog/prompts.json")
IMPORT_LINE = re.compile(r"([0-9.]+) seconds: .*custom_nodes/volcv")


def overhead(quick: bool) -> list[Row]:
    """Start of the node to start of the next one, without the service's own time, at 1024 x 1024."""
    from tests.generate.workflows import node
    from tests.host.client import Client
    from tests.host.graphs import outpainting
    from tests.host.server import ComfyServer, find_comfy

    comfy = find_comfy()
    if comfy is None:
        return []
    side, rounds = (64, 2) if quick else (1024, 15)
    seconds = 0.2
    with tempfile.TemporaryDirectory(prefix="volcv-bench-") as folder, light(side, seconds) as service:
        server = ComfyServer(comfy, Path(folder), {"VOLCV_BASE_URL": service.url, "VOLCV_API_KEY": KEY})
        (Path(folder) / "input" / "photo.png").write_bytes(png(side))
        with server, Client(server.url) as client:
            times = []
            for seed in range(rounds + 1):
                graph: dict[str, Any] = {
                    "1": node("LoadImage", "Load", image="photo.png"),
                    "2": {**outpainting(seed)},
                    "3": node("PreviewImage", "Show", images=["2", 0]),
                }
                graph["2"]["inputs"]["image"] = ["1", 0]
                run = client.run(graph)
                if run.end != "execution_success":
                    raise RuntimeError(str(run.error))
                times.append(node_seconds(run.of_kind("executing")) - service_seconds(service.seen()))
            log = server.log
    suite = f"overhead in ComfyUI, {side} px"
    logged = IMPORT_LINE.search(log)
    return [
        Row(suite, "node's time - service's, median", 1e3 * median(times[1:]), "ms", 60),
        Row(suite, "node's time - service's, most", 1e3 * max(times[1:]), "ms"),
        Row(suite, "the first call, which loads the client", 1e3 * times[0], "ms"),
        Row("start", "in ComfyUI's log (it rounds to 0.1 s)", float(logged[1]) * 1e3 if logged else -1, "ms"),
    ]


def png(side: int) -> bytes:
    return encoded(Image.fromarray((photo(side) * 255).astype(np.uint8)), compress_level=1)


def node_seconds(events: Any) -> float:
    """From the start of node 2 to the start of node 3."""
    at = {event.data.get("node"): event.at for event in events}
    return float(at["3"] - at["2"])


def service_seconds(seen: Any) -> float:
    began, ended = seen["spans"][-1]
    return float(ended - began)


def start(quick: bool) -> list[Row]:
    """Importing the pack and making its schemas in ComfyUI's interpreter; the median of several processes.

    The first one writes the byte code, as the first start of ComfyUI does, and is not counted.
    """
    from tests.host.server import find_comfy, interpreter

    comfy = find_comfy()
    if comfy is None:
        return []
    found = []
    with tempfile.TemporaryDirectory(prefix="volcv-bench-") as cache:
        kept = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        for number in range(2 if quick else 8):
            command = [interpreter(comfy), "-m", "tests.bench.comfy", str(comfy), *(["watch"] if number == 0 else [])]
            env = {**kept, "PYTHONPYCACHEPREFIX": cache}
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=env)
            if done.returncode:
                raise RuntimeError(done.stderr[-2000:])
            found.append(json.loads(done.stdout.splitlines()[-1]))
    return [
        Row("start", "import and schemas, median", 1e3 * median([one["seconds"] for one in found[1:]]), "ms", 50),
        Row("start", "heavy modules loaded", max(len(one["heavy"]) for one in found), "", 0),
        Row("start", "sockets opened", max(one["sockets"] for one in found), "", 0),
        Row("start", "files opened besides Python's own and the texts", max(len(one["files"]) for one in found), "", 0),
    ]


def start_child() -> None:
    comfy, watching = sys.argv[1], len(sys.argv) > 2
    sys.path.insert(0, comfy)
    sys.argv[1:] = ["--cpu"]
    import asyncio

    import comfy.options  # type: ignore[import-not-found]

    comfy.options.enable_args_parsing()
    import server  # type: ignore[import-not-found]  # noqa: F401

    import nodes  # type: ignore[import-not-found]  # noqa: F401

    before = set(sys.modules)
    opened: list[str] = []
    sockets: list[str] = []

    def notice(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not str(arguments[0]).endswith((".py", ".pyc", ".so")):
            opened.append(str(arguments[0]))
        elif event.startswith("socket.") and event != "socket.__new__":
            sockets.append(event)

    if watching:  # it takes time of its own
        sys.addaudithook(notice)

    async def register() -> None:
        extension = await sys.modules["volcv_pack"].comfy_entrypoint()
        for one in await extension.get_node_list():
            one.GET_SCHEMA()

    began = time.perf_counter()
    load_pack()
    files, connections = list(opened), list(sockets)
    asyncio.run(register())
    seconds = time.perf_counter() - began
    own = [name for name in [*files, *opened] if Path(name).is_relative_to(ROOT)]
    files = [name for name in own if not any(text in name for text in TEXTS)]
    new = set(sys.modules) - before
    heavy = [name for name in HEAVY if f"volcv_pack.volcv_client.{name}" in new]
    heavy += [name for name in ("requests", "PIL", "sqlite3") if name in new]
    print(json.dumps({"seconds": seconds, "heavy": heavy, "sockets": len(connections), "files": sorted(set(files))}))


if __name__ == "__main__":
    start_child()

"""What a node does to its surroundings: gaps in the host's loop, memory."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .calls import outpaint, touch_memory
from .light import light
from .nodes import surroundings
from .photos import photo
from .rows import ROOT, Row, median

BEAT = 0.002
MB = 2**20


async def beats(gaps: list[float]) -> None:
    """Note how late each heartbeat comes, in seconds."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(BEAT)
        gaps.append(time.perf_counter() - began - BEAT)


async def beside(work: Any) -> list[float]:
    """The gaps in this loop while ``work`` is awaited."""
    gaps: list[float] = []
    heart = asyncio.create_task(beats(gaps))
    await work
    heart.cancel()
    return gaps


def heartbeat(quick: bool) -> list[Row]:
    """The longest gap in the host's loop while pictures are encoded and decoded; of several runs."""
    import torch

    side, number, runs = (64, 2, 2) if quick else (2048, 4, 7)
    image = torch.from_numpy(photo(side)).unsqueeze(0)
    touch_memory(0 if quick else 4 * number * image.nbytes)
    rows = []
    for lossless in (False, True):
        gaps = []
        with light(side, 0.1) as service, surroundings(service, 2, lossless=lossless):
            asyncio.run(outpaint(image, seed=0))
            for seed in range(1, runs + 1):
                gc.collect()  # the process's own garbage is not what is measured
                work = outpaint(image.expand(number, -1, -1, -1), seed=seed)
                gaps.append(1e3 * max(asyncio.run(beside(work))))
        name = "lossless" if lossless else "default"
        suite = f"host's loop, {number} x {side} px, {runs} runs"
        rows.append(Row(suite, f"longest gap, {name}, median", median(gaps), "ms", 50))
        rows.append(Row(suite, f"longest gap, {name}, worst", max(gaps), "ms"))
    return rows


def memory(quick: bool) -> list[Row]:
    """Peak memory of a batch beside the tensors that go in and come out, in a process of its own."""
    side, number = (64, 4) if quick else (2048, 32)
    with light(side) as service:
        given = json.dumps({"url": service.url, "side": side, "number": number})
        command = [sys.executable, "-m", "tests.bench.loop", given]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found = json.loads(done.stdout.splitlines()[-1])
    suite = f"memory, {number} x {side} px"
    allowed = 1.3 * found["tensors"] + 2 * found["encoded"]
    return [
        Row(suite, "tensors in and out", found["tensors"] / MB, "MB"),
        Row(suite, "peak beside them", (found["peak"] - found["tensors"]) / MB, "MB"),
        Row(
            suite, "peak / tensors", found["peak"] / found["tensors"], "", None if quick else allowed / found["tensors"]
        ),
    ]


def most_resident() -> int:
    """The most memory that this process ever held, in bytes.

    Where the system tells it apart: what getrusage says begins with the parent's.
    """
    import resource

    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if "VmHWM" in line)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def memory_child() -> None:
    import resource

    import torch

    from .light import Light

    given = json.loads(sys.argv[1])
    side, number = given["side"], given["number"]
    with surroundings(Light(given["url"]), 2):
        from volcv_pack.nodes.images import tensor_to_base64

        one = torch.from_numpy(photo(64)).unsqueeze(0)
        asyncio.run(outpaint(one, seed=1))
        source = torch.from_numpy(photo(side))
        encoded = len(tensor_to_base64(source))
        before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
        batch = torch.stack([source] * number)
        images = asyncio.run(outpaint(batch, seed=2)).images
        peak = most_resident()
    tensors = 4 * (batch.numel() + images.numel())
    print(json.dumps({"tensors": tensors, "encoded": encoded, "peak": peak - before}))


if __name__ == "__main__":
    memory_child()

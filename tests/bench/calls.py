"""Waiting: how long a graph takes beside its service, and 10,000 calls with failures sprinkled in."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from .light import light
from .nodes import QuietHost, surroundings
from .photos import photo
from .rows import Row

STEPS = {"top": 0.0, "bottom": 0.0, "left": 0.0, "right": 0.25, "max_width": 4096, "max_height": 4096}

SERVICE_SECONDS = 7.5
"""The median of what the answers on the five seed pages took."""


def outpaint(images: Any, **values: Any) -> Any:
    """The coroutine of an outpainting node."""
    from volcv_pack.nodes.runner import run_model
    from volcv_pack.volcv_client.catalog import model

    return run_model(model("i2i_outpainting"), {"image": images, **STEPS, **values}, QuietHost())


def touch_memory(size: int) -> None:
    """A virtual machine gets memory from its host when it is first used, which would be measured instead."""
    np.ones(size, np.uint8)


def timed(work: Any) -> float:
    began = time.monotonic()
    asyncio.run(work)
    return time.monotonic() - began


def wall(quick: bool) -> list[Row]:
    """N pictures of S seconds with C in flight against ceil(N / C) * S; two nodes side by side."""
    import torch

    cases = ((2, 2),) if quick else ((1, 1), (8, 2), (32, 4), (64, 8), (64, 64))
    side, seconds = (32, 0.1) if quick else (1024, SERVICE_SECONDS)
    image = torch.from_numpy(photo(side)).unsqueeze(0)
    rows = []
    for number, in_flight in cases:
        with light(side, seconds) as service, surroundings(service, in_flight):
            asyncio.run(outpaint(image, seed=1))
            touch_memory(2 * number * image.nbytes)
            took = timed(outpaint(image, seed=2, count=number))
        ideal = ceil(number / in_flight) * seconds
        rows.append(Row("wall time", f"N={number} C={in_flight} S={seconds:g} s", took / ideal, "of ceil(N/C)*S", 1.1))
        rows.append(Row("wall time", f"N={number} C={in_flight}, beyond the service's time", took - ideal, "s"))

    async def two_nodes() -> None:
        await asyncio.gather(outpaint(image, seed=3), outpaint(image, seed=4))

    with light(side, seconds) as service, surroundings(service, 2):
        asyncio.run(outpaint(image, seed=1))
        rows.append(Row("wall time", "two independent nodes", timed(two_nodes()) / seconds, "of S", 1.1))
    return [*rows, encoding_overlap(quick)]


def encoding_overlap(quick: bool) -> Row:
    """How much of the encoding of all pictures but the first happens while another one is in flight, C = 1."""
    import torch

    side, number = (64, 3) if quick else (4096, 4)
    spans: list[tuple[float, float]] = []
    batch = torch.from_numpy(photo(side)).expand(number, -1, -1, -1)
    with light(64, 0.1 if quick else 1.0) as service, surroundings(service, 1):
        from volcv_pack.volcv_client.images.image import Image

        original = Image.encode

        def noted(self: Any, *arguments: Any) -> Any:
            began = time.monotonic()
            done = original(self, *arguments)
            spans.append((began, time.monotonic()))
            return done

        Image.encode = noted  # type: ignore[method-assign]
        try:
            asyncio.run(outpaint(batch, seed=1))
        finally:
            Image.encode = original  # type: ignore[method-assign]
        flights = service.seen()["spans"]
    first_flight = min(begin for begin, _ in flights)
    later = [(max(begin, first_flight), end) for begin, end in spans if end > first_flight]
    total = sum(end - begin for begin, end in later)
    inside = sum(
        max(0.0, min(end, landed) - max(begin, started)) for begin, end in later for started, landed in flights
    )
    return Row("wall time", "encoding inside another's flight, C=1", 100 * inside / max(total, 1e-9), "%", 80.0, False)


def resident() -> float:
    """This process's memory in MB; 0 where the system does not tell."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
    return 0.0


def sockets() -> int:
    """Open sockets of this process; 0 where the system does not tell."""
    found = 0
    with suppress(OSError):
        for one in list(Path("/proc/self/fd").iterdir()):
            with suppress(OSError):
                found += str(one.readlink()).startswith("socket:")
    return found


def long_run(quick: bool) -> list[Row]:
    """10,000 calls with 2 % HTTP 429, 1 % code 50500 and 0.5 % cut answers."""
    total, part, side = (60, 30, 32) if quick else (10_000, 500, 64)
    began, samples = time.monotonic(), []
    with light(side, 0.0, faults=True) as service, surroundings(service, 8):
        pictures, doubtful, failed = 0, 0, 0
        for first in range(0, total, part):
            good, maybe, bad = some_calls(range(first, min(total, first + part)))
            pictures, doubtful, failed = pictures + good, doubtful + maybe, failed + bad
            samples.append(
                {
                    "MB": resident(),
                    "threads": threading.active_count(),
                    "sockets": sockets(),
                }
            )
        took = time.monotonic() - began
        seen = service.seen()
    suite = f"long run of {total}"
    # The first tenth fills caches, pools and the allocator's arenas.
    warm = samples[max(0, len(samples) // 10)]
    return [
        Row(suite, "calls without an end", total - pictures - doubtful - failed, "", 0),
        Row(suite, "paid, neither delivered nor told as maybe charged", seen["paid"] - pictures - doubtful, "", 0),
        Row(suite, "most payments for one request", seen["most"], "", 1),
        Row(suite, "pictures", pictures, ""),
        Row(suite, "cut answers, told as maybe charged", doubtful, ""),
        Row(suite, "failed, surely not charged", failed, ""),
        *(Row(suite, f"played: {name}", count, "") for name, count in sorted(seen["failures"].items())),
        Row(suite, "time", took, "s", 300),
        Row(suite, "memory, last / after a tenth", samples[-1]["MB"] / max(warm["MB"], 1e-9), "", 1.1),
        Row(suite, "threads, most", max(one["threads"] for one in samples), ""),
        Row(suite, "threads, last - after a tenth", samples[-1]["threads"] - warm["threads"], "", 2),
        Row(suite, "sockets, last - after a tenth", samples[-1]["sockets"] - warm["sockets"], "", 2),
    ]


def some_calls(numbers: range) -> tuple[int, int, int]:
    """Make these calls: pictures that came, failures that may be charged, failures that are not."""
    from volcv_pack.nodes.runner import clients
    from volcv_pack.volcv_client.errors import Charged, VolcvError

    client = clients.client()
    runs = [
        client.start(client.plan("high_aes_general_v14", prompt=f"call {number}", seed=number)) for number in numbers
    ]
    for run in runs:
        run.wait()
    errors = [run.calls[0].error for run in runs]
    for error in errors:
        if error is not None and not isinstance(error, VolcvError):
            raise error
    maybe = sum(isinstance(error, VolcvError) and error.charged is Charged.MAYBE for error in errors)
    return errors.count(None), maybe, len(errors) - errors.count(None) - maybe

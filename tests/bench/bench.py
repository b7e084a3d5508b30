"""The measurements by name, their table, their JSON."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import calls, comfy, conversions, loop, soak, store
from .rows import Row

SUITES: Mapping[str, Callable[[bool], list[Row]]] = {
    "conversions": conversions.run,
    "wall": calls.wall,
    "overhead": comfy.overhead,
    "loop": loop.heartbeat,
    "memory": loop.memory,
    "start": comfy.start,
    "store": store.run,
    "long-run": lambda quick: calls.long_run(quick) + soak.run(quick),
}


def measure(
    only: Sequence[str], quick: bool, tell: Callable[[str], None], show: Callable[[str], None]
) -> dict[str, Any]:
    """Run the measurements of those names (all, if none is given), show their rows, return everything."""
    rows: list[Row] = []
    load = os.getloadavg() if hasattr(os, "getloadavg") else ()
    for name in only or SUITES:
        tell(f"{name} ...")
        found = SUITES[name](quick)
        for row in found:
            cells = row.cells()
            show(f"{cells[0]:72} {cells[1]:28} {cells[2]:12} {cells[3]}".rstrip())
        rows += found
    return {
        "when": time.strftime("%Y-%m-%d %H:%M:%S"),
        "machine": {"system": platform.platform(), "cores": os.cpu_count(), "load_before": load},
        "rows": [row.as_json() for row in rows],
    }


def write(found: Mapping[str, Any], file: Path, plots: bool) -> None:
    """Write the JSON, and the plot of the conversions beside it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    rows = [Row(**{name: value for name, value in row.items() if name != "met"}) for row in found["rows"]]
    if plots and any(row.suite.startswith("conversions") for row in rows):
        from .plots import conversions as draw

        draw(rows, file.parent / "bench-conversions.png")

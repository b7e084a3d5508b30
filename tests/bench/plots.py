"""The plot of docs/bench.md."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from .rows import Row

NAMES = ("to base64, default", "to base64, lossless", "from base64, JPEG", "from base64, PNG")


def conversions(rows: Sequence[Row], file: Path) -> Path:
    """Milliseconds by size: this pack's and ComfyUI's partner nodes'."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    table = {(row.suite, row.name): row.value for row in rows if row.suite.startswith("conversions")}
    suites = sorted({suite for suite, _ in table}, key=side_of)
    sides = [side_of(suite) for suite in suites]
    figure, axes = plt.subplots(1, 4, figsize=(15, 4.3), sharex=True)
    for axis, name in zip(axes, NAMES, strict=True):
        ours = [table[suite, name] for suite in suites]
        axis.plot(sides, ours, "o-", label="this pack")
        theirs = partner(table, suites, name, ours)
        if theirs:
            axis.plot(sides, theirs, "s--", label="ComfyUI's partner nodes")
        axis.set(title=name, xlabel="side of the picture, px", xscale="log", yscale="log")
        axis.set_xticks(sides, [str(side) for side in sides])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("milliseconds")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="upper center", ncols=3)
    figure.tight_layout(rect=(0, 0, 1, 0.93))
    figure.savefig(file, dpi=90)
    plt.close(figure)
    return file


def side_of(suite: str) -> int:
    found = re.search(r"\d+", suite)
    return int(found[0]) if found else 0


def partner(
    table: Mapping[tuple[str, str], float], suites: Sequence[str], name: str, ours: Sequence[float]
) -> list[float]:
    """The partner nodes' milliseconds, from the ratios; empty without a ComfyUI."""
    found = []
    for suite, value in zip(suites, ours, strict=True):
        slower, faster = table.get((suite, f"{name}, theirs / ours")), table.get((suite, f"{name}, ours / theirs"))
        if slower:
            found.append(value * slower)
        elif faster:
            found.append(value / faster)
    return found

"""The figures as pictures."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from .rows import Row

LINES = {
    "to base64": ("to base64, default", "to base64, lossless"),
    "from base64": ("from base64, JPEG", "from base64, PNG"),
}


def draw(rows: Sequence[Row], samples: Sequence[Mapping[str, float]], folder: Path) -> list[Path]:
    """``bench-conversions.png`` and ``bench-long-run.png``; only those whose figures there are."""
    import matplotlib

    matplotlib.use("Agg")
    made = []
    if any(row.suite.startswith("conversions") for row in rows):
        made.append(conversions(rows, folder / "bench-conversions.png"))
    if len(samples) > 2:
        made.append(long_run(samples, folder / "bench-long-run.png"))
    return made


def conversions(rows: Sequence[Row], file: Path) -> Path:
    """Milliseconds by size: ours, ComfyUI's partner nodes', the bare codec."""
    import matplotlib.pyplot as plt

    table = {(row.suite, row.name): row.value for row in rows if row.suite.startswith("conversions")}
    suites = sorted({suite for suite, _ in table}, key=side_of)
    sides = [side_of(suite) for suite in suites]
    figure, axes = plt.subplots(1, 4, figsize=(15, 4.3), sharex=True)
    names = [name for group in LINES.values() for name in group]
    for axis, name in zip(axes, names, strict=True):
        ours = [table[suite, name] for suite in suites]
        axis.plot(sides, ours, "o-", label="this pack")
        floor = [value / table[suite, f"{name}, ours / bare codec"] for suite, value in zip(suites, ours, strict=True)]
        axis.plot(sides, floor, "k:", label="bare codec (Pillow)")
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


def long_run(samples: Sequence[Mapping[str, float]], file: Path) -> Path:
    """Memory, threads and sockets over the calls."""
    import matplotlib.pyplot as plt

    calls = [one["calls"] for one in samples]
    figure, axis = plt.subplots(figsize=(8, 4))
    axis.plot(calls, [one["MB"] for one in samples], "o-", label="memory, MB")
    axis.set(xlabel="calls", ylabel="MB", ylim=(0, 1.2 * max(one["MB"] for one in samples)))
    counts = axis.twinx()
    counts.plot(calls, [one["threads"] for one in samples], "C1s-", label="threads")
    counts.plot(calls, [one["sockets"] for one in samples], "C2^-", label="sockets")
    most = max(max(one["threads"], one["sockets"]) for one in samples)
    counts.set(ylabel="threads, sockets", ylim=(0, 1.5 * most))
    axis.grid(alpha=0.3)
    figure.legend(loc="upper center", ncols=3)
    figure.tight_layout(rect=(0, 0, 1, 0.93))
    figure.savefig(file, dpi=90)
    plt.close(figure)
    return file

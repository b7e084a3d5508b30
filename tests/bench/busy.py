"""A process that keeps every core busy. What a loop suffers beside it is the machine's doing, not the pack's."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from .rows import ROOT


@contextmanager
def busy_cores() -> Iterator[None]:
    """Every core is busy meanwhile."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.busy"], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()


def convert_for_ever() -> None:
    """What decoding does, over and over."""
    samples, floats = np.zeros(2**22, np.uint8), np.zeros(2**22, np.float32)
    while True:
        np.divide(samples, np.float32(255), out=floats)


def main() -> None:
    threads = [threading.Thread(target=convert_for_ever) for _ in range(os.cpu_count() or 1)]
    for thread in threads:
        thread.start()
    print("busy", flush=True)


if __name__ == "__main__":
    main()

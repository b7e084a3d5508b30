"""Runs nodes in this process: a host that shows nothing, a state folder of its own, a light service."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.pack import load_pack

from .light import KEY, Light

FOREIGN = ("VOLCV_", "VOLC_")


class QuietHost:
    """Nobody looks and nobody interrupts."""

    def status(self, text: str) -> None: ...

    def outcome(self, status: Any) -> None: ...

    async def progress(self, done: float, total: int) -> None: ...

    def interrupted(self) -> bool:
        return False


@contextmanager
def surroundings(service: Light, in_flight: int, lossless: bool = False) -> Iterator[Path]:
    """The pack set up for that service and nothing else; yields its state folder."""
    load_pack()
    from volcv_pack.volcv_client.config.edit import save_file

    kept = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="volcv-bench-", ignore_cleanup_errors=True) as folder:
        for name in [name for name in os.environ if name.startswith(FOREIGN)]:
            del os.environ[name]
        os.environ |= {
            "VOLCV_HOME": folder,
            "VOLCV_LANG": "en",
            "VOLCV_API_KEY": KEY,
            "VOLCV_BASE_URL": service.url,
            "VOLCV_MAX_CONCURRENCY": str(in_flight),
        }
        if lossless:
            save_file({"profiles": {"default": {"lossless": True}}})
        try:
            yield Path(folder)
        finally:
            from volcv_pack.nodes.runner import clients

            clients.store().close()
            os.environ.clear()
            os.environ.update(kept)

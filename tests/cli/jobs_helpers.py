"""What the tests of ``run --jobs`` share: small jobs, and what a run leaves behind."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.gateway import Gateway

T2I = "high_aes_general_v14"
OUTPAINT = "i2i_outpainting"
LIPS = "realman_change_lips"
CONTROLNET = "high_aes_scheduler_svr_controlnet_v2.0"
Json = dict[str, Any]


def job(prompt: str = "a cat", seed: int = 1, *, key: str = T2I, name: str = "", **inputs: Any) -> Json:
    """A small text to image job."""
    found: Json = {"key": key, "inputs": {"prompt": prompt, "width": 64, "height": 64, "seed": seed, **inputs}}
    return {**found, "id": name} if name else found


def write(path: Path, jobs: Sequence[Json | str]) -> Path:
    lines = [one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in jobs]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def record_of(folder: Path) -> list[Json]:
    return [json.loads(line) for line in (folder / "work.done.jsonl").read_text(encoding="utf-8").splitlines()]


def pictures_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix != ".jsonl"}


def sent_prompts(server: Gateway) -> list[str]:
    return sorted(str(one.body["prompt"]) for one in server.requests if one.body)

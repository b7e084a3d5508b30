"""Loads the checkout as a package named ``volcv_pack``, the way ComfyUI loads it under its folder's name."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load_pack() -> None:
    if "volcv_pack" in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(
        "volcv_pack", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["volcv_pack"] = package
    spec.loader.exec_module(package)

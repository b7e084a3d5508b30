"""Volcengine picture models as ComfyUI nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .nodes.extension import VolcvExtension

WEB_DIRECTORY = "./web"


async def comfy_entrypoint() -> VolcvExtension:
    """ComfyUI calls this to get the nodes."""
    from .nodes.extension import VolcvExtension  # only a running ComfyUI has what this imports

    return VolcvExtension()

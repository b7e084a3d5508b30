"""Fields of stored results."""

from __future__ import annotations

from typing import Any


def result_fields(number: int = 1, **changes: Any) -> dict[str, Any]:
    """Keyword arguments of a reusable ``Result`` without files."""
    return {
        "request_id": f"20261121{number:08d}",
        "req_key": "high_aes_general_v14",
        "fingerprint": f"print-{number}",
        "reusable": True,
        "seed": number,
        "seconds": 1.25,
        "cost": None,
        "texts": {"rephraser_result": "\u72d7"},
        "image_urls": (),
        "request": {"prompt": "a red fox", "seed": number},
        **changes,
    }

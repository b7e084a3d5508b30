"""What no page says and a service decides by itself: settings of the gateway, also read from a fixture.

A fixture is JSON that ``python -m tests.generate fixtures REPORT`` writes from the report of ``volcv check``, see
:mod:`tests.generate.fixtures`. ``facts``: req_key -> fact -> value; the facts are

- ``prompt_field``: ``prompt`` or ``custom_prompt``, the one that is read; the other is ignored
- ``pictures``: ``inline`` or ``links``, the form that is accepted
- ``mask``: ``white`` or ``black``, the part of a mask that is painted

and ``concurrency``: {"calls": most at the same time, "code": 50430 or 50429}, or null.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from volcv_client.sandbox.job import Job

from .codes import Refusal

PROMPTS = ("prompt", "custom_prompt")
INLINE, LINKS = "inline", "links"
VALUES: Mapping[str, tuple[str, ...]] = {
    "prompt_field": PROMPTS,
    "pictures": (INLINE, LINKS),
    "mask": ("white", "black"),
}
"""Fact -> its values."""
TOO_MANY = (50429, 50430)


@dataclass(frozen=True)
class Facts:
    """How a service decides. What is not stated is as the strict gateway has it without facts."""

    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    calls: int | None = None
    too_many: int = 50430

    def __post_init__(self) -> None:
        for key, facts in self.models.items():
            for name, value in facts.items():
                if value not in VALUES.get(name, ()):
                    raise ValueError(f"{key}: {name} {value!r} is no fact; there are {dict(VALUES)}")
        if self.too_many not in TOO_MANY or (self.calls is not None and self.calls < 1):
            raise ValueError(f"concurrency {self.calls!r} with code {self.too_many!r}")

    @staticmethod
    def read(path: Path) -> Facts:
        """The facts of a fixture. ValueError for a file that is none."""
        return Facts.parse(json.loads(path.read_text(encoding="utf-8")))

    @staticmethod
    def parse(content: Mapping[str, Any]) -> Facts:
        """The facts of a fixture's or a report's content. ValueError for what are none."""
        models, limit = content.get("facts"), content.get("concurrency") or {}
        if not isinstance(models, dict) or not all(isinstance(one, dict) for one in models.values()):
            raise ValueError("'facts' must map req_keys to facts")
        return Facts(models, limit.get("calls"), limit.get("code", 50430))

    def of(self, body: Mapping[str, Any]) -> Mapping[str, str]:
        return self.models.get(str(body.get("req_key")), {})

    def read_body(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the service makes of a body. Refusal for pictures in a form that it does not take."""
        facts = self.of(body)
        inline = bool(body.get("binary_data_base64"))
        if inline and facts.get("pictures") == LINKS:
            raise Refusal(50207, "pictures must be public http or https addresses")
        if not inline and facts.get("pictures") == INLINE and links_in(body):
            raise Refusal(50206, "'binary_data_base64' must hold the pictures")
        read = facts.get("prompt_field")
        return {name: value for name, value in body.items() if not read or name == read or name not in PROMPTS}

    def turn_masks(self, job: Job) -> Job:
        """The job with its masks the way round that the drawings expect: white is painted."""
        if self.of(job.sent).get("mask") != "black":
            return job
        pictures: list[Image.Image] = [
            ImageOps.invert(one) if place and one.mode == "L" else one for place, one in enumerate(job.pictures)
        ]
        return replace(job, pictures=pictures)


def links_in(body: Mapping[str, Any]) -> bool:
    named = (value for name, value in body.items() if name.endswith("_image_input") and isinstance(value, str))
    return bool(body.get("image_urls")) or any(value.startswith("http") for value in named)

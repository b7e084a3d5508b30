"""Shards of a jobs file: the parts that several machines run side by side."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..messages import say

RECORD_END = ".done.jsonl"


@dataclass(frozen=True)
class Shard:
    """Shard ``number`` of ``count``, from 1: job k of the file, from 1, is in shard ``(k - 1) % count + 1``.

    The position in the file decides and not what is done already, so that a job is always in the same shard.
    """

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def takes(self, position: int) -> bool:
        """Whether the job at that position, from 0, is in the shard."""
        return position % self.count == self.number - 1


WHOLE = Shard(1, 1)


def read_shard(text: str) -> Shard:
    """An argument type: ``I/N`` with I from 1 to N."""
    match = re.fullmatch(r"([0-9]{1,9})/([0-9]{1,9})", text)
    if match is None:
        raise ArgumentTypeError(say("cli.jobs.no_shard", text=text))
    number, count = int(match[1]), int(match[2])
    if not 1 <= number <= count:
        raise ArgumentTypeError(say("cli.jobs.wrong_shard", text=text, number=number, count=count))
    return Shard(number, count)


@dataclass(frozen=True)
class RecordNames:
    """Names of the records of one jobs file in one folder: ``STEM.done.jsonl``, and one per shard,
    ``STEM.done.I-of-N.jsonl``: a file has one writer, because no lock makes appending to one safe on every network
    file system."""

    folder: Path
    stem: str

    def of(self, shard: Shard) -> Path:
        if shard.count == 1:
            return self.folder / f"{self.stem}{RECORD_END}"
        return self.folder / f"{self.stem}.done.{shard.number}-of-{shard.count}.jsonl"

    def found(self) -> Sequence[tuple[Path, Shard]]:
        """The records that are there, each with the shard that writes to it. Raises OSError."""
        name = re.compile(re.escape(self.stem) + r"\.done(?:\.([0-9]{1,9})-of-([0-9]{1,9}))?\.jsonl")
        matches = [(path, name.fullmatch(path.name)) for path in sorted(self.folder.iterdir())]
        return [(path, Shard(int(m[1] or 1), int(m[2] or 1))) for path, m in matches if m]

"""Result files of the command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

from ..calls.batch import BatchRun
from ..messages import say
from ..store.result import Result, ResultFile
from .terminal import report


def save_run(run: BatchRun, folder: Path, name: str = "") -> dict[int, list[Path]]:
    """Write the files of every call that succeeded; their paths by the call's position from 0."""
    results = {position: call.result for position, call in enumerate(run.calls) if call.result is not None}
    try:
        return {position: save_result(folder, result, name) for position, result in results.items()}
    except OSError:
        report(say("cli.not_saved"))
        raise


def responses_with_files(run: BatchRun, saved: Mapping[int, Sequence[Path]]) -> list[dict[str, Any]]:
    """The response JSON: one object per call that ended, with the files written or the error."""
    files = {position: {"files": [str(path) for path in paths]} for position, paths in saved.items()}
    return [{**response, **files.get(position, {})} for position, response in run.responses().items()]


def save_result(folder: Path, result: Result, name: str = "") -> list[Path]:
    """Write a result's files as the service sent them; their paths.

    They are called ``<name or req_key>-<seed or end of the request id>-<n>``. Overwrites nothing.
    """
    stem = result.file_stem_for(name or result.req_key)
    return [write_new(folder, stem, file) for file in result.files]


def write_new(folder: Path, stem: str, file: ResultFile) -> Path:
    """Write to the first ``<stem>-<n>`` that does not exist yet; OSError if the folder cannot be written."""
    for number in count(1):
        path = folder / f"{stem}-{number}{file.extension}"
        try:
            target = path.open("xb")
        except FileExistsError:
            continue
        with target:
            file.copy_to(target)
        return path
    raise AssertionError("unreachable")

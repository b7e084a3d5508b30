"""``volcv run --jobs FILE``: many runs of any models, resumed where they stopped."""

from __future__ import annotations

import sys
from pathlib import Path

from ..client import Client
from ..config import Profile
from ..messages import say
from .follow import follow
from .job_queue import Queue
from .job_reader import Job, Reader
from .job_record import Record
from .parser import Exit, UsageError
from .shard import WHOLE, RecordNames, Shard
from .terminal import Progress, report

STDIN = "-"


def run_jobs(
    file: str, folder: Path, client: Client, *, shard: Shard = WHOLE, as_json: bool = False, quiet: bool = False
) -> int:
    """Run every job of the shard that is not recorded as done. Raises UsageError if any line of the file is wrong."""
    jobs = read(file, client.profile, shard, quiet)
    folder.mkdir(parents=True, exist_ok=True)
    with Record(RecordNames(folder, stem_of(file)), shard) as record:
        todo = [job for job in jobs if not record.has(job.digest)]
        skipped = len(jobs) - len(todo)
        if skipped and not quiet:
            report(say("cli.jobs.skipped", skipped=skipped, total=len(jobs), record=record.path))
        progress = Progress(quiet)
        queue = Queue(client, todo, record, progress, as_json=as_json, quiet=quiet)
        interrupted = follow(queue, progress)
    if not quiet:
        report_totals(queue, skipped, record.path)
    if queue.broken is not None:
        raise queue.broken
    if interrupted:
        report(say("cli.interrupted"))
        return Exit.INTERRUPTED
    return Exit.FAILED if queue.left or queue.counts.failed else Exit.OK


def stem_of(file: str) -> str:
    return "stdin" if file == STDIN else Path(file).stem


def read(file: str, profile: Profile, shard: Shard, quiet: bool) -> list[Job]:
    """The jobs of the shard. Raises UsageError if any line of the file is wrong."""
    try:
        if file == STDIN:
            reader = Reader(Path(), profile)
            jobs = reader.read(sys.stdin.buffer, shard)
        else:
            reader = Reader(Path(file).parent, profile)
            with Path(file).open("rb") as lines:
                jobs = reader.read(lines, shard)
    except OSError as error:
        raise UsageError(say("cli.jobs.unreadable", file=file, problem=error.strerror or error)) from None
    if reader.problems:
        raise UsageError("\n".join((say("cli.jobs.wrong", count=reader.bad_lines), *reader.problems)))
    if not quiet:
        mine = {job.line for job in jobs}
        for line, note in reader.notes:
            if line in mine:
                report(note)
        if shard.count > 1:
            report(say("cli.jobs.shard", shard=shard, count=len(jobs), total=reader.jobs))
    return jobs


def report_totals(queue: Queue, skipped: int, record: Path) -> None:
    """Report the totals."""
    counts = queue.counts
    text = say(
        "cli.jobs.summary",
        done=counts.done,
        failed=counts.failed,
        skipped=skipped,
        left=queue.left,
        charged=counts.calls["charged"],
        reused=counts.calls["reused"],
        record=record,
    )
    report(text)

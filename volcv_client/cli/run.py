"""``volcv run KEY ...``: one run of one model; ``volcv run --jobs FILE``: many of any (see :mod:`.jobs`)."""

from __future__ import annotations

import json
from argparse import REMAINDER, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import catalog, config
from ..catalog.labels import summary, title
from ..catalog.spec import Model
from ..messages import say
from .models import find_model, preset
from .options import add_inputs, collect, flag, spelled, unused
from .parser import Exit, Parser, UsageError
from .shard import WHOLE, read_shard
from .terminal import Progress, columns, report, show

if TYPE_CHECKING:
    from ..calls.batch import BatchRun


def add(parser: Parser) -> None:
    parser.usage = say("cli.run.usage", prog="volcv") + "\n       " + say("cli.jobs.usage", prog="volcv")
    keys = say("cli.run.keys", keys="\n".join(columns([["", m.req_key, title(m)] for m in catalog.all_models()])))
    parser.epilog = f"{say('cli.jobs.about')}\n\n{keys}"
    parser.places.add_argument("key", metavar="KEY", nargs="?", help=say("cli.key"))
    parser.places.add_argument("rest", metavar="...", nargs=REMAINDER, help=say("cli.run.rest"))
    parser.options.add_argument("--jobs", metavar="FILE", help=say("cli.jobs.file"))
    parser.options.add_argument("--shard", metavar="I/N", type=read_shard, help=say("cli.jobs.shard_option"))
    add_common(parser)


def add_common(parser: Parser) -> None:
    """Options of every run; their ``dest`` begins with a hyphen, which no input name does."""
    parser.options.add_argument(
        "-o", "--output", type=Path, default=Path(), metavar="DIR", dest="-output", help=say("cli.output")
    )
    parser.options.add_argument("--profile", metavar="NAME", dest="-profile", help=say("cli.profile"))
    parser.options.add_argument("--json", action="store_true", dest="-json", help=say("cli.run.json"))
    parser.options.add_argument("--quiet", action="store_true", dest="-quiet", help=say("cli.quiet"))


def model_parser(model: Model) -> Parser:
    """The parser of ``volcv run`` for that model."""
    parser = Parser(
        prog=f"volcv run {model.req_key}",
        usage=say("cli.run.usage", prog="volcv").replace("KEY", model.req_key, 1),
        description=say("cli.run.about", title=title(model), summary=summary(model), page=model.page),
        epilog=say("cli.run.epilog"),
    )
    add_common(parser)
    add_inputs(parser, model)
    return parser


def run(arguments: Namespace) -> int:
    common = {name: value for name, value in vars(arguments).items() if name.startswith("-")}
    if (arguments.key is None) == (arguments.jobs is None):
        raise UsageError(say("cli.usage_error", message=say("cli.run.key_or_jobs"), prog="volcv run"))
    if arguments.shard is not None and arguments.jobs is None:
        raise UsageError(say("cli.usage_error", message=say("cli.run.shard_of_jobs"), prog="volcv run"))
    if arguments.key is not None:
        return run_one(arguments.key, arguments.rest, common)
    profile = config.profile(common["-profile"]).ready()

    from ..client import Client
    from .jobs import run_jobs

    folder: Path = common["-output"]
    shard, options = arguments.shard or WHOLE, {"as_json": common["-json"], "quiet": common["-quiet"]}
    return run_jobs(arguments.jobs, folder, Client(profile), shard=shard, **options)


def run_one(key: str, rest: Sequence[str], common: Mapping[str, Any]) -> int:
    """One run. ``common``: options that stood before the key."""
    model = find_model(key)
    parser = model_parser(model)
    parser.set_defaults(**common, **preset(model, key))
    values: dict[str, Any] = vars(parser.read(spelled(rest)))
    folder: Path = values["-output"]
    profile = config.profile(values["-profile"]).ready()
    given = collect(model, values)
    folder.mkdir(parents=True, exist_ok=True)

    from ..client import Client
    from ..request.plan import plan
    from .follow import Runs, follow

    if not values["-quiet"]:
        for name in unused(model, given):
            report(say("cli.unused", option=flag(name)))
    started = Client(profile).start(plan(model, given))
    interrupted = follow(Runs([started]), Progress(values["-quiet"]))
    return finish(started, folder, values, interrupted)


def finish(run: BatchRun, folder: Path, values: dict[str, Any], interrupted: bool) -> int:
    """Save the files of calls that succeeded, also if the run failed or was interrupted, and report.

    Raises the run's error.
    """
    from .files import responses_with_files, save_run

    saved = save_run(run, folder)
    if values["-json"]:
        show(json.dumps(responses_with_files(run, saved), ensure_ascii=False, indent=1))
    else:
        for paths in saved.values():
            for path in paths:
                show(str(path))
    if interrupted:
        report(say("cli.interrupted_saved", count=len(saved)) if saved else say("cli.interrupted"))
        return Exit.INTERRUPTED
    result = run.result()
    lines = (*result.text.splitlines(), *result.notes, result.summary)
    for line in dict.fromkeys(result.problems if values["-quiet"] else lines):
        report(line)
    return Exit.OK

"""``volcv demo``: every model's example in the sandbox, and a contact sheet of the results."""

from __future__ import annotations

import struct
import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

from ... import catalog, config
from ...catalog.examples import example_of, picture_path
from ...catalog.spec import Model
from ...errors import VolcvError
from ...messages import say
from ..parser import Exit, Parser
from ..terminal import Progress, report, show

if TYPE_CHECKING:
    from ...calls.batch import BatchRun
    from ...client import Client
    from ...store.result import Result
    from .sheet import Entry, Shown

INPUTS = "inputs"
PAGE = "index.html"


def add(parser: Parser) -> None:
    parser.options.add_argument(
        "-o", "--output", type=Path, default=Path("demo"), metavar="DIR", help=say("cli.demo.output")
    )
    parser.options.add_argument("--open-nothing", action="store_true", help=say("cli.demo.open_nothing"))
    parser.options.add_argument("--quiet", action="store_true", help=say("cli.quiet"))


def run(arguments: Namespace) -> int:
    from .sheet import render

    folder: Path = arguments.output
    models = catalog.all_models()
    entries = run_examples(models, folder, Progress(arguments.quiet))
    if entries is None:
        report(say("cli.interrupted"))
        return Exit.INTERRUPTED
    page = folder / PAGE
    page.write_text(render(entries), encoding="utf-8")
    for entry in entries:
        for picture in entry.outputs:
            show(str(folder / picture.file))
    show(str(page))
    if not arguments.quiet:
        report(say("cli.demo.done", page=page.resolve().as_uri()))
    if not arguments.open_nothing:
        open_page(page)
    return Exit.OK if len(entries) == len(models) else Exit.FAILED


def run_examples(models: Sequence[Model], folder: Path, progress: Progress) -> list[Entry] | None:
    """Run each model's example in the sandbox and put inputs and results into the folder; None if interrupted.

    A model that fails is reported and left out.
    """
    from ...client import Client
    from ..follow import Runs, follow

    (folder / INPUTS).mkdir(parents=True, exist_ok=True)
    with private_home():
        client = Client(config.SANDBOX)
        try:
            runs = list(start_all(client, models, folder))
            if runs and follow(Runs(runs), progress):
                return None
            return list(finish_all(runs, folder))
        finally:
            client.store.close()  # or Windows could not delete its folder


def start_all(client: Client, models: Sequence[Model], folder: Path) -> Iterator[BatchRun]:
    """Start every model's example. What cannot start is reported and left out."""
    for model in models:
        try:
            yield start(client, model, folder)
        except VolcvError as error:
            report(say("cli.demo.failed", model=model.req_key, error=error))


def finish_all(runs: Sequence[BatchRun], folder: Path) -> Iterator[Entry]:
    """The entries of the runs that succeeded; the others are reported."""
    for run in runs:
        try:
            yield sheet_entry(run, folder)
        except VolcvError as error:
            report(say("cli.demo.failed", model=run.model.req_key, error=error))


def open_page(page: Path) -> None:
    """Show the page in the browser if there is a person and a screen."""
    import webbrowser

    screen = sys.platform in ("win32", "darwin") or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")
    if sys.stdout.isatty() and screen:
        webbrowser.open(page.resolve().as_uri())


@contextmanager
def private_home() -> Iterator[None]:
    """A state folder of its own, so that the demo neither fills the user's result store nor takes from it."""
    import tempfile

    before = environ.get("VOLCV_HOME")
    with tempfile.TemporaryDirectory(prefix="volcv-demo-", ignore_cleanup_errors=True) as folder:
        environ["VOLCV_HOME"] = folder
        try:
            yield
        finally:
            if before is None:
                del environ["VOLCV_HOME"]
            else:
                environ["VOLCV_HOME"] = before


def start(client: Client, model: Model, folder: Path) -> BatchRun:
    """The run of a model's example, as ``volcv run`` would start it."""
    from ...request.plan import plan
    from ..options import collect

    draw_masks(model, folder)
    files = {name: [str(path)] for name, path in inputs_of(model, folder).items()}
    return client.start(plan(model, collect(model, {**example_of(model).values, **files})))


def inputs_of(model: Model, folder: Path) -> dict[str, Path]:
    """The files that go into a model's example: shipped pictures as they are, masks in the folder."""
    example = example_of(model)
    pictures = {name: picture_path(picture) for name, picture in example.pictures.items()}
    return pictures | {name: folder / INPUTS / f"{model.req_key}-{name}.png" for name in example.masks}


def draw_masks(model: Model, folder: Path) -> None:
    """Write the masks of an example."""
    from PIL import Image

    from ...images.example_masks import example_masks

    files = inputs_of(model, folder)
    for name, mask in example_masks(model).items():
        Image.fromarray(mask).save(files[name])


def sheet_entry(run: BatchRun, folder: Path) -> Entry:
    """Put the files of a finished run into the folder; its place on the sheet. Raises the run's error."""
    from .sheet import Entry

    result = run.result().results[0]
    return Entry(
        model=run.model,
        values=example_of(run.model).values,
        inputs=[shown_input(name, path, folder) for name, path in inputs_of(run.model, folder).items()],
        outputs=list(write_outputs(run.model.req_key, result, folder)),
        texts=result.texts,
        request=result.request,
        request_id=result.request_id,
        seconds=result.seconds,
    )


def shown_input(name: str, path: Path, folder: Path) -> Shown:
    import shutil

    from ...images.image import FileImage
    from .sheet import Shown

    copied = folder / INPUTS / path.name
    if copied != path:
        shutil.copyfile(path, copied)
    return Shown(name, f"{INPUTS}/{path.name}", *FileImage(path).size)


def write_outputs(req_key: str, result: Result, folder: Path) -> Iterator[Shown]:
    """The files of a result under fixed names, so that a second demo replaces the first."""
    from .sheet import Shown

    for number, file in enumerate(result.files, 1):
        name = f"{req_key}{'' if number == 1 else f'-{number}'}{file.extension}"
        with (folder / name).open("wb") as target:
            file.copy_to(target)
        yield shown_video(folder / name) if file.is_video else Shown(name, name, *file.image().size)


def shown_video(path: Path) -> Shown:
    """A video of the sandbox; its size stands in the MP4's track."""
    from .sheet import Shown

    _, _, entry = path.read_bytes().partition(b"avc1")
    width, height = struct.unpack_from(">2H", entry, 24)
    return Shown(path.name, path.name, width, height, video=True)

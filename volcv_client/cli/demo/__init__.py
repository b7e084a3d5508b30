"""``volcv demo``: every model once in the sandbox, and a contact sheet of the results."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING

from ... import catalog, config
from ...catalog.spec import Model
from ...errors import VolcvError
from ...images.media import extension_of
from ...messages import say
from ..history import result_store
from ..parser import Exit, Parser
from ..terminal import Progress, report, show

if TYPE_CHECKING:
    from ...calls.call import Answer
    from ...calls.run import Run
    from ...calls.service import Service
    from .sheet import Entry, Shown
    from .table import DemoJob

INPUTS = "inputs"
PAGE = "index.html"
Size = tuple[int, int]


def add(parser: Parser) -> None:
    parser.options.add_argument(
        "-o", "--output", type=Path, default=Path("demo"), metavar="DIR", help=say("cli.demo.output")
    )
    parser.options.add_argument("--open-nothing", action="store_true", help=say("cli.demo.open_nothing"))
    parser.options.add_argument("--quiet", action="store_true", help=say("cli.quiet"))


def run(arguments: Namespace) -> int:
    from ..follow import Together, follow
    from .sheet import render

    folder: Path = arguments.output
    (folder / INPUTS).mkdir(parents=True, exist_ok=True)
    models = catalog.all_models()
    with private_home():
        runs = start_all(models, folder)
        if follow(Together([one for one, _ in runs]), Progress(arguments.quiet)):
            report(say("cli.interrupted"))
            return Exit.INTERRUPTED
        entries = list(finish_all(runs, folder))
    page = folder / PAGE
    page.write_text(render(entries), encoding="utf-8")
    for one in entries:
        for picture in one.outputs:
            show(str(folder / (picture.film or picture.file)))
    show(str(page))
    if not arguments.quiet:
        report(say("cli.demo.done", page=page.resolve().as_uri()))
    if not arguments.open_nothing:
        open_page(page)
    return Exit.OK if len(entries) == len(models) else Exit.FAILED


def start_all(models: Sequence[Model], folder: Path) -> list[tuple[Run[Size], DemoJob]]:
    """Start every model's job. One that cannot start is reported and left out."""
    from ...calls.service import service_for
    from .jobs import all_jobs

    service = service_for(config.profile(config.SANDBOX))
    started = []
    for job in all_jobs(models):
        try:
            started.append((start(service, job, folder), job))
        except VolcvError as error:
            report(say("cli.demo.failed", model=job.model, error=error))
    return started


def finish_all(runs: Sequence[tuple[Run[Size], DemoJob]], folder: Path) -> Iterator[Entry]:
    """The entries of the runs that succeeded; the others are reported."""
    for one, job in runs:
        try:
            yield entry(one, job, folder)
        except VolcvError as error:
            report(say("cli.demo.failed", model=job.model, error=error))


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
            result_store().close()
            if before is None:
                del environ["VOLCV_HOME"]
            else:
                environ["VOLCV_HOME"] = before


def start(service: Service, job: DemoJob, folder: Path) -> Run[Size]:
    """The run of a job, as ``volcv run`` would make it."""
    from ...calls.run import Run
    from ..files import check_result
    from ..options import collect

    model = catalog.model(job.model)
    draw_masks(job, folder)
    files = {name: [str(path)] for name, path in inputs_of(job, folder).items()}
    return Run(
        service, model, collect(model, {**job.values, **files}).batch(model), lambda _, media: check_result(media)
    )


def inputs_of(job: DemoJob, folder: Path) -> dict[str, Path]:
    """The files that go into a job: demo pictures as they are, masks in the folder."""
    from ...catalog.examples import picture_path

    pictures = {name: picture_path(picture) for name, picture in job.pictures.items()}
    return pictures | {name: folder / INPUTS / f"{job.model}-{name}.png" for name in job.masks}


def draw_masks(job: DemoJob, folder: Path) -> None:
    """Write the masks of a job: as large as the pictures that they go with, black with a white box."""
    from PIL import Image

    from ...catalog.spec import MaskPicture
    from ..files import FilePicture

    files = inputs_of(job, folder)
    bases = {one.name: one.fit_to for one in catalog.model(job.model).pictures() if isinstance(one, MaskPicture)}
    for name, (left, top, right, bottom) in job.masks.items():
        width, height = FilePicture(files[bases[name]]).size
        mask = Image.new("L", (width, height))
        mask.paste(255, (round(left * width), round(top * height), round(right * width), round(bottom * height)))
        mask.save(files[name])


def entry(run: Run[Size], job: DemoJob, folder: Path) -> Entry:
    """Put the files of a finished run into the folder; its place on the sheet. Raises the run's error."""
    from .sheet import Entry

    answer = run.outcome().answers[0]
    stored = result_store().by_request_id(answer.request_id)
    return Entry(
        model=run.model,
        values=job.values,
        inputs=[shown_input(name, path, folder) for name, path in inputs_of(job, folder).items()],
        outputs=list(write_outputs(run.model.req_key, answer, folder)),
        texts=answer.texts,
        request=stored.request if stored else {},
        request_id=answer.request_id,
        seconds=answer.seconds,
    )


def shown_input(name: str, path: Path, folder: Path) -> Shown:
    import shutil

    from ..files import FilePicture
    from .sheet import Shown

    copied = folder / INPUTS / path.name
    if copied != path:
        shutil.copyfile(path, copied)
    return Shown(name, f"{INPUTS}/{path.name}", *FilePicture(path).size)


def write_outputs(req_key: str, answer: Answer[Size], folder: Path) -> Iterator[Shown]:
    """The files of an answer under fixed names, so that a second demo replaces the first."""
    from ..files import write_media
    from .sheet import Shown

    for number, (data, size) in enumerate(zip(answer.files, answer.pictures, strict=True), 1):
        name = f"{req_key}{'' if number == 1 else f'-{number}'}{extension_of(data)}"
        with (folder / name).open("wb") as file:
            write_media(data, file)
        yield Shown(name, name, *size) if isinstance(data, bytes) else film(folder / name)


def film(path: Path) -> Shown:
    """A video by a moving picture of its frames, beside it in the folder."""
    from ..files import check_picture
    from .sheet import Shown
    from .video_frames import frames_of, moving

    poster = moving(frames_of(path.read_bytes()))
    name = path.stem + extension_of(poster)
    (path.parent / name).write_bytes(poster)
    return Shown(path.name, name, *check_picture(poster), film=path.name)

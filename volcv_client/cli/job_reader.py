"""A jobs file: one JSON object a line, each checked as far as it can be without sending it."""

from __future__ import annotations

import hashlib
import json
from argparse import ArgumentTypeError
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from .. import catalog, config
from ..catalog.shared import CONTROL_STRENGTH, CONTROL_TYPES, WATERMARK_LANGUAGES, WATERMARK_POSITIONS
from ..catalog.spec import Input, Model
from ..config import Profile
from ..errors import InputError
from ..messages import say
from ..request.plan import plan
from .describe import input_facts, range_facts
from .models import preset
from .options import WATERMARK_PARTS, collect, inputs_of, unused
from .parser import choice
from .shard import WHOLE, Shard
from .terminal import shorten

FIELDS = ("key", "inputs", "id")
CONTROL_FIELDS = ("image", "type", "strength")
SHOWN_CELLS = 60
MOST_NAMES = 12
CHUNK = 1 << 20
Read = Callable[[Any, Any, Path], Mapping[str, Any]]
"""Input, its JSON value, folder of relative paths -> the value as :func:`options.collect` takes it, or WrongValue."""


@dataclass(frozen=True)
class Job:
    """A line of the file. ``values`` is what :func:`options.collect` takes; ``name`` is its id or empty.

    ``digest`` identifies a job across runs by its model, inputs, contents of files, id, and whether it is for the
    sandbox, independent of its line and of the names of its files; equal lines are numbered.
    """

    line: int
    name: str
    model: Model
    values: Mapping[str, Any]
    digest: str = ""

    @property
    def label(self) -> str:
        return say("cli.jobs.line", line=self.line) + (f" ({self.name})" if self.name else "")


class BadLine(Exception):
    """A line without a known model; the text says why."""


class WrongValue(Exception):
    """A JSON value that the input does not take; the text says what it takes."""


class Reader:
    """Reads a jobs file. ``problems`` holds a line of text for each mistake, ``notes`` by line for each unused value.

    ``base``: folder of relative paths; ``jobs``: how many all shards have together.
    """

    def __init__(self, base: Path, profile: Profile) -> None:
        self.problems: list[str] = []
        self.notes: list[tuple[int, str]] = []
        self.bad_lines = 0
        self.jobs = 0
        self._base = base
        self._profile = profile
        self._ids: dict[str, int] = {}
        self._contents = lru_cache(maxsize=4096)(contents)

    def read(self, lines: Iterable[bytes], shard: Shard = WHOLE) -> list[Job]:
        """The shard's jobs, in order. All lines are checked; empty ones are allowed and do not count."""
        jobs = []
        for line, text in enumerate(lines, 1):
            if text.strip():
                wrong: list[str] = []
                job = self._job(line, text, wrong)
                self.problems += [say("cli.jobs.bad", line=line, problem=problem) for problem in wrong]
                self.bad_lines += bool(wrong)
                if job is not None:
                    jobs.append(job)
        self.jobs = len(jobs)
        return [] if self.problems else self._part(jobs, shard)

    def _part(self, jobs: Sequence[Job], shard: Shard) -> list[Job]:
        """The jobs of a shard, with their digests.

        Equal jobs are numbered over the whole file. The pictures of other shards are only read where their jobs can
        be equal: on a network file system every shard would read all of them.
        """
        outlines = [self._digest(job, size) for job in jobs]
        concerned = {outline for position, outline in enumerate(outlines) if shard.takes(position)}
        seen = Counter[str]()
        part = []
        for position, (job, outline) in enumerate(zip(jobs, outlines, strict=True)):
            if outline not in concerned:
                continue
            digest = self._digest(job, self._contents)
            seen[digest] += 1  # equal lines are different jobs: two pictures are wanted
            if shard.takes(position):
                numbered = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
                part.append(replace(job, digest=numbered))
        return part

    def _job(self, line: int, text: bytes, wrong: list[str]) -> Job | None:
        try:
            body = parsed(text)
            model = model_of(body)
            strange = [name for name in body if name not in FIELDS]
            wrong += [say("cli.jobs.field", name=name, allowed=", ".join(FIELDS)) for name in strange]
            name = self._name(line, body, wrong)
            values = preset(model, str(body["key"])) | self._values(model, body.get("inputs", {}), wrong)
            if wrong:
                return None
            self._check(line, model, values)
        except (BadLine, InputError) as error:
            wrong.append(str(error))
            return None
        return Job(line, name, model, values)

    def _name(self, line: int, body: Mapping[str, Any], wrong: list[str]) -> str:
        name = body.get("id", "")
        if not isinstance(name, str) or ("id" in body and not name.strip()) or not name.isprintable():
            wrong.append(say("cli.jobs.wrong_value", name="id", value=shown(name), allowed=say("cli.jobs.takes.id")))
            return ""
        if name and (first := self._ids.setdefault(name, line)) != line:
            wrong.append(say("cli.jobs.same_id", id=name, line=first))
        return name

    def _values(self, model: Model, inputs: Any, wrong: list[str]) -> dict[str, Any]:
        known = {input_.name: input_ for input_ in inputs_of(model)}
        values: dict[str, Any] = {}
        if not isinstance(inputs, dict):
            allowed = say("cli.jobs.takes.inputs", names=", ".join(known))
            wrong.append(say("cli.jobs.wrong_value", name="inputs", value=shown(inputs), allowed=allowed))
            return values
        for name, value in inputs.items():
            if name not in known:
                wrong.append(say("cli.jobs.unknown_input", key=model.req_key, name=name, allowed=", ".join(known)))
                continue
            try:
                values |= READERS[known[name].kind](known[name], value, self._base)
            except WrongValue as allowed:
                wrong.append(say("cli.jobs.wrong_value", name=name, value=shown(value), allowed=allowed))
        return values

    def _check(self, line: int, model: Model, values: Mapping[str, Any]) -> None:
        """The checks of a run before it sends. Raises InputError."""
        given = collect(model, values)
        plan(model, given)
        for name in unused(model, given):
            note = say("cli.jobs.bad", line=line, problem=say("cli.unused", option=name))
            self.notes.append((line, note))

    def _digest(self, job: Job, of_file: Callable[[Path], object]) -> str:
        """SHA-256 of the job, with what ``of_file`` says about its files."""
        facts = [self._profile.name == config.SANDBOX, job.model.req_key, job.name, job.values]
        return hashlib.sha256(json.dumps(facts, sort_keys=True, default=of_file).encode()).hexdigest()


def parsed(text: bytes) -> dict[str, Any]:
    """The JSON object of a line."""
    try:
        body = json.loads(text.decode("utf-8-sig").rstrip(), parse_constant=no_constant)
        json.dumps(body, ensure_ascii=False).encode()  # half of a surrogate pair can be neither sent nor stored
    except UnicodeError:
        raise BadLine(say("cli.jobs.not_utf8")) from None
    except json.JSONDecodeError as error:
        raise BadLine(say("cli.jobs.not_json", problem=error.msg, column=error.colno)) from None
    except (ValueError, RecursionError) as error:
        raise BadLine(say("cli.jobs.not_json", problem=error, column=1)) from None
    if not isinstance(body, dict):
        raise BadLine(say("cli.jobs.not_object", value=shown(body)))
    return body


def no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def model_of(body: Mapping[str, Any]) -> Model:
    key = body.get("key")
    try:
        return catalog.model(str(key))
    except KeyError:
        keys = [model.req_key for model in catalog.all_models()]
        near = keys if len(keys) <= MOST_NAMES else get_close_matches(str(key), keys, MOST_NAMES, 0.3) or keys
        name = "cli.jobs.no_key" if key is None else "cli.jobs.unknown_key"
        raise BadLine(say(name, key=key, allowed=", ".join(near))) from None


def shown(value: Any) -> str:
    """A value for people, cut."""
    return shorten(json.dumps(value, ensure_ascii=False), SHOWN_CELLS)


def contents(path: Path) -> str:
    """SHA-256 of a file: a changed picture makes another job, a moved one does not."""
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            sha.update(piece)
    return sha.hexdigest()


def size(path: Path) -> int:
    return path.stat().st_size


def takes(input_: Input) -> str:
    """The kind and the range of an input, in words."""
    if input_.kind == "switch":
        return "true, false"
    facts = input_facts(input_)
    return ", ".join((say(f"cli.kind.{facts['kind']}"), *range_facts(facts)))


def unchanged(json_type: type) -> Read:
    """Reads a value of that type as it is."""

    def read(input_: Input, value: Any, base: Path) -> Mapping[str, Any]:
        if type(value) is not json_type:
            raise WrongValue(takes(input_))
        return {input_.name: value}

    return read


def read_json(input_: Input, value: Any, base: Path) -> Mapping[str, Any]:
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value
    return unchanged(str)(input_, text, base)


def read_number(input_: Input, value: Any, base: Path) -> Mapping[str, Any]:
    return {input_.name: as_float(value, takes(input_))}


def as_float(value: Any, allowed: str) -> float:
    """The number as a float; JSON knows integers that no float can hold."""
    try:
        if type(value) in (int, float):
            return float(value)
    except OverflowError:
        pass
    raise WrongValue(allowed)


def read_combo(combo: Any, value: Any, base: Path) -> Mapping[str, Any]:
    return {combo.name: label_of(value, combo.options)}


def label_of(value: Any, labels: Iterable[str]) -> str:
    """The label that is meant, however spelled."""
    try:
        if isinstance(value, str):
            return choice(labels)(value)
    except ArgumentTypeError:
        pass
    raise WrongValue(", ".join(labels))


def read_images(input_: Input, value: Any, base: Path) -> Mapping[str, Any]:
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, list) or not paths or not all(isinstance(path, str) and path for path in paths):
        raise WrongValue(say("cli.jobs.takes.pictures"))
    return {input_.name: [base / path for path in paths]}


def read_media(input_: Input, value: Any, base: Path) -> Mapping[str, Any]:
    if not isinstance(value, str) or not value:
        raise WrongValue(say("cli.jobs.takes.file"))
    return {input_.name: base / value}


def read_watermark(watermark: Input, value: Any, base: Path) -> Mapping[str, Any]:
    positions, languages = ", ".join(WATERMARK_POSITIONS), ", ".join(WATERMARK_LANGUAGES)
    allowed = say("cli.jobs.takes.watermark", positions=positions, languages=languages)
    if not isinstance(value, dict) or not value:
        raise WrongValue(allowed)
    values: dict[str, Any] = {}
    for part, given in value.items():
        if part == "logo_text_content" and isinstance(given, str):
            values[watermark.name] = given
        elif labels := WATERMARK_PARTS.get(part):
            values[f"{watermark.name}.{part}"] = label_of(given, labels)
        elif part == "opacity" and as_float(given, allowed) >= 0:
            values[f"{watermark.name}.{part}"] = float(given)
        else:
            raise WrongValue(allowed)
    return values


def read_controls(input_: Input, value: Any, base: Path) -> Mapping[str, Any]:
    allowed = say("cli.jobs.takes.controls", types=", ".join(CONTROL_TYPES))
    if not isinstance(value, list):
        raise WrongValue(allowed)
    return {input_.name: [read_control(control, base, allowed) for control in value]}


def read_control(control: Any, base: Path, allowed: str) -> tuple[Path, str, float]:
    if not isinstance(control, dict) or set(control) - set(CONTROL_FIELDS):
        raise WrongValue(allowed)
    path, strength = control.get("image"), as_float(control.get("strength", CONTROL_STRENGTH.default), allowed)
    if not isinstance(path, str) or not path:
        raise WrongValue(allowed)
    return base / path, label_of(control.get("type"), CONTROL_TYPES), strength


READERS: Mapping[str, Read] = {
    "text": unchanged(str),
    "json": read_json,
    "integer": unchanged(int),
    "seed": unchanged(int),
    "number": read_number,
    "switch": unchanged(bool),
    "choice": read_combo,
    "branch": read_combo,
    "picture": read_images,
    "mask": read_images,
    "video": read_media,
    "audio": read_media,
    "watermark": read_watermark,
    "controls": read_controls,
}
"""By kind of input."""

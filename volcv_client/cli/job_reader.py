"""A jobs file: one JSON object a line, each checked as far as it can be without sending it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from .. import catalog, config
from ..calls.call import Answer, Call
from ..calls.run import Run
from ..calls.service import Service
from ..catalog.spec import Model
from ..config import Profile
from ..errors import InputError
from ..messages import say
from .files import check_result
from .job_values import WrongValue
from .models import preset
from .options import collect, inputs_of, kind_of, unused
from .terminal import shorten

P = TypeVar("P")
FIELDS = ("key", "inputs", "id")
SHOWN_CELLS = 60
MOST_NAMES = 12
CHUNK = 1 << 20


@dataclass(frozen=True)
class Job:
    """A line of the file. ``values`` is what :func:`options.collect` takes; ``name`` is its id or empty.

    ``digest`` tells jobs apart from run to run: model, inputs, the contents of the files, the id, and whether the
    sandbox is meant. Where the job stands in the file and what its pictures are called do not count.
    """

    line: int
    name: str
    model: Model
    values: Mapping[str, Any]
    digest: str

    @property
    def label(self) -> str:
        return say("cli.jobs.line", line=self.line) + (f" ({self.name})" if self.name else "")


class Rehearsal(Service):
    """Lets a run check its inputs without making a call."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile

    def submit(self, call: Call[P]) -> Future[Answer[P]]:
        return call.future


class BadLine(Exception):
    """A line that says nothing useful at all."""


class Reader:
    """Reads a file. ``problems`` holds a line of text for everything that is wrong, ``notes`` what is merely odd."""

    def __init__(self, base: Path, profile: Profile) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self.bad_lines = 0
        self._base = base
        self._profile = profile
        self._ids: dict[str, int] = {}
        self._seen: Counter[str] = Counter()
        self._contents = lru_cache(maxsize=4096)(contents)

    def read(self, lines: Iterable[bytes]) -> list[Job]:
        """The jobs of the good lines, in order. Empty lines are allowed."""
        found = []
        for line, text in enumerate(lines, 1):
            if text.strip():
                wrong: list[str] = []
                job = self._job(line, text, wrong)
                self.problems += [say("cli.jobs.bad", line=line, problem=problem) for problem in wrong]
                self.bad_lines += bool(wrong)
                if job is not None:
                    found.append(job)
        return found

    def _job(self, line: int, text: bytes, wrong: list[str]) -> Job | None:
        try:
            body = parsed(text)
            model = model_of(body)
        except BadLine as error:
            wrong.append(str(error))
            return None
        wrong += [say("cli.jobs.field", name=name, allowed=", ".join(FIELDS)) for name in body if name not in FIELDS]
        name = self._name(line, body, wrong)
        values = preset(model, str(body["key"])) | self._values(model, body.get("inputs", {}), wrong)
        if wrong:
            return None
        try:
            self._rehearse(line, model, values)
        except InputError as error:
            wrong.append(str(error))
            return None
        return Job(line, name, model, values, self._digest(model, name, values))

    def _name(self, line: int, body: Mapping[str, Any], wrong: list[str]) -> str:
        name = body.get("id", "")
        if not isinstance(name, str) or ("id" in body and not name.strip()) or not name.isprintable():
            wrong.append(say("cli.jobs.wrong_value", name="id", value=shown(name), allowed=say("cli.jobs.takes.id")))
            return ""
        if name and (first := self._ids.setdefault(name, line)) != line:
            wrong.append(say("cli.jobs.same_id", id=name, line=first))
        return name

    def _values(self, model: Model, inputs: Any, wrong: list[str]) -> dict[str, Any]:
        known = {one.name: one for one in inputs_of(model)}
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
                values |= kind_of(known[name]).read(known[name], value, self._base)
            except WrongValue as allowed:
                wrong.append(say("cli.jobs.wrong_value", name=name, value=shown(value), allowed=allowed))
        return values

    def _rehearse(self, line: int, model: Model, values: Mapping[str, Any]) -> None:
        """Everything that a run checks before it sends. Raises InputError."""
        given = collect(model, values)
        run = Run(Rehearsal(self._profile), model, given.batch(model), lambda _, media: check_result(media))
        run.calls.clear()  # a run and its calls know each other, and with them their masks would live on
        for name in unused(model, given):
            self.notes.append(say("cli.jobs.bad", line=line, problem=say("cli.unused", option=name)))

    def _digest(self, model: Model, name: str, values: Mapping[str, Any]) -> str:
        told = [self._profile.name == config.SANDBOX, model.req_key, name, values]
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=self._contents).encode()).hexdigest()
        self._seen[digest] += 1  # who writes a line twice wants two pictures
        return digest if self._seen[digest] == 1 else f"{digest}-{self._seen[digest]}"


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
    """SHA-256 of a file, so that a picture that was changed makes another job, and one that was moved does not."""
    made = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            made.update(piece)
    return made.hexdigest()

"""``volcv list``: the models."""

from __future__ import annotations

import json
from argparse import Namespace

from .. import catalog
from ..catalog.spec import Model
from ..errors import InputError
from ..messages import say
from .parser import Exit, Parser
from .terminal import columns, show

FIELDS = ("req_key", "title", "group", "node_id")


def add(parser: Parser) -> None:
    parser.options.add_argument("--json", action="store_true", help=say("cli.json"))


def run(arguments: Namespace) -> int:
    models = catalog.models()
    if arguments.json:
        rows = [{name: getattr(model, name) for name in FIELDS} for model in models]
        show(json.dumps(rows, ensure_ascii=False, indent=1))
        return Exit.OK
    for line in columns([[str(getattr(model, name)) for name in FIELDS] for model in models]):
        show(line)
    return Exit.OK


def find_model(key: str) -> Model:
    """The model of that req_key or node id. Raises InputError if there is none."""
    try:
        return catalog.model(key)
    except KeyError:
        raise InputError("unknown_model", name=key) from None

"""``volcv list``: the models."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from .. import catalog
from ..catalog.labels import group, title
from ..catalog.shared import RUN_OPTIONS
from ..catalog.spec import Model
from ..errors import InputError
from ..messages import say
from .parser import Exit, Parser, choice, slug
from .terminal import columns, show


def add(parser: Parser) -> None:
    models = catalog.all_models()
    english = {group_name(name): group_name(model.group) for model in models for name in (model.group, group(model))}
    names = dict.fromkeys(group_name(group(model)) for model in models)
    parser.options.add_argument(
        "--group",
        type=lambda text: english[choice(english)(group_name(text))],
        action="extend",
        nargs="+",
        metavar="NAME",
        help=say("cli.list.group", names=", ".join(names)),
    )
    parser.options.add_argument("--json", action="store_true", help=say("cli.list.json"))


def run(arguments: Namespace) -> int:
    models = [
        model for model in catalog.all_models() if not arguments.group or group_name(model.group) in arguments.group
    ]
    if arguments.json:
        show(json.dumps([facts(model) for model in models], ensure_ascii=False, indent=1))
        return Exit.OK
    for line in columns([[model.req_key, title(model), group(model), model.node_id] for model in models]):
        show(line)
    return Exit.OK


def group_name(group: str) -> str:
    """A group as it is typed, without a character that means something to a shell."""
    return slug(group.replace("&", " "))


def facts(model: Model) -> dict[str, Any]:
    """The facts of a model for a list: ``action`` of the default mode, ``inputs`` as their number."""
    return {
        "req_key": model.req_key,
        "node_id": model.node_id,
        "title": model.title,
        "group": model.group,
        "action": model.mode(model.defaults()).action,
        "summary": model.summary,
        "inputs": sum(1 for _ in model.all_inputs()) + len(RUN_OPTIONS),
    }


def find_model(key: str) -> Model:
    """The model of that req_key, node id or name of a family. Raises InputError if there is none."""
    try:
        return catalog.model(key)
    except KeyError:
        raise InputError("unknown_model", name=key) from None


def preset(model: Model, key: str) -> dict[str, str]:
    """The values of inputs that ``key`` implies: the choice of a member of a family."""
    return model.choices_of_req_key().get(key, {})

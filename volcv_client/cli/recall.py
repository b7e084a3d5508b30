"""``volcv recall REQUEST_ID``: pictures of an earlier call, without paying again."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import config
from ..errors import InputError
from ..messages import say
from .history import result_store
from .parser import Exit, Parser
from .terminal import report, show

if TYPE_CHECKING:
    from ..results import Result


def add(parser: Parser) -> None:
    parser.places.add_argument("request_id", metavar="REQUEST_ID", help=say("cli.recall.id"))
    parser.options.add_argument("-o", "--output", type=Path, default=Path(), metavar="DIR", help=say("cli.output"))
    parser.options.add_argument("--profile", metavar="NAME", help=say("cli.recall.profile"))


def run(arguments: Namespace) -> int:
    from .files import save_pictures

    result = result_store().by_request_id(arguments.request_id)
    if result is None:
        raise InputError("not_stored", request=arguments.request_id)
    pictures = result.pictures() or fetch(result, arguments.profile)
    arguments.output.mkdir(parents=True, exist_ok=True)
    for path in save_pictures(arguments.output, result.req_key, result.seed, result.request_id, pictures):
        show(str(path))
    for text in result.texts.values():
        report(text)
    return Exit.OK


def fetch(result: Result, profile: str | None) -> list[bytes]:
    """The pictures of an answer of which only the links are known, now kept as well.

    Raises DownloadError if the links no longer work, BadAnswerError if there are no pictures behind them.
    """
    from ..service import service_for
    from .files import check_picture

    service = service_for(config.profile(profile))
    pictures = [service.transport.download(url) for url in result.image_urls]
    for data in pictures:
        check_picture(data)
    service.store.save(result, pictures)
    return pictures

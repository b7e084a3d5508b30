"""Parses HTTP responses: the service's envelope in the dialects of gateways. Shapes: catalog section 2.

Any bytes give an :class:`Envelope` or raise a VolcvError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..catalog.spec import Model
from ..errors import BadAnswerError, Charged
from ..redact import redact
from ..request.json_body import LINKS_FIELD, PICTURES_FIELD
from .codes import SUCCESS
from .json_values import amount, at, elapsed, entries, number, text_of, unpacked
from .raw import RawAnswer as RawAnswer
from .raw import id_of
from .reasons import reason_in
from .refusals import failure, not_json, refused

ALSO_SUCCESS = (None, 0, 200)
"""Codes in place of ``SUCCESS`` of gateways that rewrite the envelope; they count if there is a result."""
LINK_SCHEMES = ("http://", "https://")


@dataclass(frozen=True)
class Envelope:
    """A successful answer. ``seconds`` is the service's own time; ``cost`` is ``comfyui_cost`` or None.

    ``image_urls`` and ``base64_pictures`` (see :func:`..images.base64_text.decode_base64`): the same pictures, if both
    are there.
    """

    request_id: str
    seconds: float | None
    image_urls: tuple[str, ...]
    base64_pictures: tuple[str, ...]
    texts: Mapping[str, str]
    cost: float | None
    data: Mapping[str, Any]


def parse_for(model: Model, raw: RawAnswer, secrets: Iterable[str] = ()) -> Envelope:
    """:func:`parse` of an answer of that model."""
    return parse(raw, texts=model.texts, video=model.video, links_at=model.links_at, secrets=secrets)


def parse(
    raw: RawAnswer,
    *,
    texts: Iterable[str] = (),
    video: bool = False,
    links_at: Iterable[str] = (),
    secrets: Iterable[str] = (),
) -> Envelope:
    """The envelope of a successful answer that holds at least one picture, or the link of a video.

    ``texts``: keys of ``data`` to keep as text; ``links_at``: further places of links, see :class:`Model`;
    ``secrets`` are cut out of what errors quote. Raises the fitting RefusedError or BadAnswerError.
    """
    data, request_id, seconds = parse_data(raw, secrets=secrets)
    links, inline = (entries(data.get("video_url")), ()) if video else pictures_in(data)
    links += tuple(link for path in links_at for link in entries(at(data, tuple(path.split(".")))))
    if not links and not inline:
        link = next(iter(entries(data.get("video_url"))), "")
        key = "no_video" if video else "video_instead" if link else "no_picture"
        said = redact(reason_in({"data": data}), secrets)
        raise BadAnswerError(key, request_id=request_id, http_status=raw.status, service_message=said, link=link)
    return Envelope(
        request_id=request_id,
        seconds=seconds,
        image_urls=links,
        base64_pictures=inline,
        texts={key: text for key in texts if (text := text_of(data.get(key))).strip()},
        cost=amount(data.get("comfyui_cost")),
        data=data,
    )


def pictures_in(data: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(links, base64 texts) of the pictures. Each entry counts as what it is: a ``data:`` link holds base64."""
    urls, texts = entries(data.get(LINKS_FIELD)), entries(data.get(PICTURES_FIELD))
    inline = [text for text in texts if not text.startswith(LINK_SCHEMES)]
    inline += [url for url in urls if url.startswith("data:")]
    return tuple(one for one in (*urls, *texts) if one not in inline), tuple(inline)


def has_result(data: Mapping[str, Any]) -> bool:
    """Whether the answer to a poll holds a picture or a video link."""
    return any(entries(data.get(name)) for name in ("video_url", LINKS_FIELD, PICTURES_FIELD))


def task_status(raw: RawAnswer) -> str:
    """``data.status`` of the answer to a poll, whatever else it holds; empty if it has none."""
    return text_of(at(raw.body, ("data", "status")))


def parse_data(raw: RawAnswer, *, secrets: Iterable[str] = ()) -> tuple[dict[str, Any], str, float | None]:
    """``data`` of a successful answer (any content), request id, and the service's seconds."""
    secrets = tuple(secrets)
    body = raw.body
    if body is None:
        raise not_json(raw, secrets)
    code, data = number(body.get("code")), unpacked(body.get("data"))
    implied = code in ALSO_SUCCESS and raw.status < 300 and isinstance(data, dict) and has_result(data)
    if body.get("error") or at(body, ("ResponseMetadata", "Error")) or not (code == SUCCESS or implied):
        raise failure(raw, secrets)
    request_id = id_of(body.get("request_id"), raw, secrets)
    if raw.status >= 400 or not isinstance(data, dict):
        said = redact(reason_in(body), secrets)
        raise BadAnswerError("no_data", request_id=request_id, http_status=raw.status, code=code, service_message=said)
    algorithm = data.get("algorithm_base_resp")
    if isinstance(algorithm, dict) and number(algorithm.get("status_code")) not in (0, None):
        message = text_of(algorithm.get("status_message"))
        status_code = number(algorithm.get("status_code"))
        error = refused(status_code or 0, raw, message=message, request_id=request_id, secrets=secrets)
        error.charged = Charged.MAYBE  # code 10000: the call counts as successful, and may be charged
        raise error
    return data, request_id, elapsed(body.get("time_elapsed"))

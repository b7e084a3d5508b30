"""Every model the sandbox knows, as data, and the body of a request for a task's result."""

from __future__ import annotations

from .fields import LOGO, PICTURE_SIDE, REQ_KEY, RETURN_URL, Field, Page
from .from_catalog import catalog_pages
from .gateway import GATEWAY_PAGES
from .native import NATIVE_PAGES
from .seeds import SEED_PAGES

#: A page written by hand stands in place of the catalog's.
PAGES: dict[str, Page] = {page.req_key: page for page in (*catalog_pages(), *SEED_PAGES, *GATEWAY_PAGES, *NATIVE_PAGES)}

_WAYS = {way for page in PAGES.values() for way in page.actions}
#: Actions that answer at once, that submit a task and that ask for its result.
DIRECTS = {way[0] for way in _WAYS if len(way) == 1}
SUBMITS = {way[0] for way in _WAYS if len(way) == 2}
RESULTS = {way[1] for way in _WAYS if len(way) == 2}

#: Fields of a CVProcess body that a task takes in ``req_json`` of the request for its result instead.
LATER = (RETURN_URL.name, LOGO.name)

_LABEL = (
    Field("content_producer", "string", "", letters=256),
    Field("producer_id", "string", required=True, letters=256),
    Field("content_propagator", "string", "", letters=256),
    Field("propagate_id", "string", "", letters=256),
)

_WANTED = (RETURN_URL, LOGO, Field("aigc_meta", "object", fields=_LABEL))


def result_fields(page: Page) -> tuple[Field, ...]:
    """Body of the request for a task's result (catalog section 2)."""
    wanted = tuple(one for one in _WANTED if one.name in page.result_fields)
    return (REQ_KEY, Field("task_id", "string", required=True), Field("req_json", "json", fields=wanted))


__all__ = ["DIRECTS", "LATER", "PAGES", "PICTURE_SIDE", "RESULTS", "SUBMITS", "Field", "Page", "result_fields"]

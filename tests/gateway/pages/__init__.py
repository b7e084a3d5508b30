"""Every model the sandbox knows, as data, and the body of a request for a task's result."""

from __future__ import annotations

from .fields import LOGO, PICTURE_SIDE, REQ_KEY, RETURN_URL, Field, Page
from .gateway import GATEWAY_PAGES
from .native import NATIVE_PAGES
from .seeds import SEED_PAGES

PAGES: dict[str, Page] = {page.req_key: page for page in (*SEED_PAGES, *GATEWAY_PAGES, *NATIVE_PAGES)}

#: Fields of a CVProcess body that a task takes in ``req_json`` of the request for its result instead.
LATER = (RETURN_URL.name, LOGO.name)

_LABEL = (
    Field("content_producer", "string", "", letters=256),
    Field("producer_id", "string", required=True, letters=256),
    Field("content_propagator", "string", "", letters=256),
    Field("propagate_id", "string", "", letters=256),
)

#: Body of CVSync2AsyncGetResult and CVGetResult (catalog section 2).
TASK_FIELDS = (
    REQ_KEY,
    Field("task_id", "string", required=True),
    Field("req_json", "json", fields=(RETURN_URL, LOGO, Field("aigc_meta", "object", fields=_LABEL))),
)

__all__ = ["LATER", "LOGO_FIELDS", "PAGES", "PICTURE_SIDE", "TASK_FIELDS", "Field", "Page"]

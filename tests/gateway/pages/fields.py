"""How a model's page is written down: its fields, its pictures and the keys of its answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: Bytes of one picture's base64 text (catalog section 3: 4.7 MB) and pixels of one side.
PICTURE_BASE64_BYTES = 4_700_000
PICTURE_SIDE = 4096

#: Pillow's names of the file formats that pages call "JPG/JPEG, PNG"; MPO is what some phones' JPEGs are.
JPEG_AND_PNG = ("JPEG", "MPO", "PNG")


PICTURE_KINDS = ("picture", "picture_url")

#: Ways to call a model: a direct action, or the action of a task and that of its result.
DIRECT = ("CVProcess",)
TASK = ("CVSync2AsyncSubmitTask", "CVSync2AsyncGetResult")

#: What the request for a task's result takes in ``req_json``.
RESULT_FIELDS = ("return_url", "logo_info", "aigc_meta")


@dataclass(frozen=True)
class Field:
    """One body field.

    kind: string, int, float, bool, object, objects, texts (array of strings), ints (array of integers), json (a
    string that holds a JSON object), url and urls (http or https addresses), picture_url (the address of a picture)
    or picture (such an address, or a reference to a picture of the array). ``fields`` are those of an object, of
    each of several objects or of the JSON object; None for any. ``low`` and ``high`` also bound array items.
    ``size`` marks pixel sizes the gateway has to allocate; ``items`` is the exact length of an array and
    ``letters`` the greatest length of a string.
    """

    name: str
    kind: str
    default: Any = None
    required: bool = False
    choices: tuple[Any, ...] = ()
    low: float | None = None
    low_open: bool = False
    high: float | None = None
    size: bool = False
    items: int | None = None
    letters: int | None = None
    fields: tuple[Field, ...] | None = None

    @property
    def names_picture(self) -> bool:
        """Whether a picture is named here or further inside."""
        return self.kind in PICTURE_KINDS or any(one.names_picture for one in self.fields or ())


@dataclass(frozen=True)
class Page:
    """One model.

    ``answer`` names the keys of ``data`` besides the two picture lists and algorithm_base_resp; ``echo`` adds the
    request's parameters to them.
    pictures: (least, most or None) of the picture array, None when there is no such array. ``request_base64_bytes``:
    of all base64 texts together, None for no limit. ``formats``: accepted file formats, () for any. ``least_side``: px
    of the shortest accepted side. ``ratio``: greatest long to short side. ``masked``: a second picture is a mask of
    the first.
    ``actions``: ways to call it. ``result_fields``: what ``req_json`` takes. ``video``: a film is made. ``inner_id``:
    whether the inner request id is filled.
    """

    req_key: str
    fields: tuple[Field, ...]
    answer: tuple[str, ...] = ()
    echo: bool = False
    pictures: tuple[int, int | None] | None = None
    base64_bytes: int = PICTURE_BASE64_BYTES
    request_base64_bytes: int | None = None
    formats: tuple[str, ...] = ()
    least_side: int = 1
    ratio: float | None = None
    masked: bool = False
    actions: tuple[tuple[str, ...], ...] = (DIRECT,)
    result_fields: tuple[str, ...] = RESULT_FIELDS
    video: bool = False
    inner_id: bool = True


LOGO_FIELDS = (
    Field("add_logo", "bool", False),
    Field("position", "int", 0, choices=(0, 1, 2, 3)),
    Field("language", "int", 0, choices=(0, 1)),
    Field("opacity", "float", 1.0, low=0.0, high=1.0),
    Field("logo_text_content", "string", ""),
)

CONTROL_FIELDS = (
    Field("type", "string", required=True, choices=("canny", "depth", "pose")),
    Field("binary_data_index", "int", required=True, low=0),
    Field("strength", "float", required=True),
)

REQ_KEY = Field("req_key", "string", required=True)
RETURN_URL = Field("return_url", "bool", False)
LOGO = Field("logo_info", "object", fields=LOGO_FIELDS)
COMMON = (REQ_KEY, RETURN_URL, LOGO)
BASE64 = Field("binary_data_base64", "texts")
URLS = Field("image_urls", "texts")
ARRAYS = (BASE64, URLS)
PROMPT = Field("prompt", "string", required=True)
OPTIONAL_PROMPT = Field("prompt", "string", "")
SEED = Field("seed", "int", -1, low=-1)
WIDTH = Field("width", "int", 512, size=True)
HEIGHT = Field("height", "int", 512, size=True)

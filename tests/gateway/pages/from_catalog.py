"""Pages of every req_key of the API catalog, for the models that have no page written by hand.

``../catalog.json`` is the API catalog of 2026-11, reduced to what can be checked. By model: ``actions``, the ways to
call it (one action, or that of a task and that of its result); ``req_json``, the fields that the request for a
result takes, where its page lists them; ``images``, number and limits of its pictures (``max_bytes`` of a file);
``outputs``, keys of ``data``; and ``inputs``. By input: ``by_index``, a picture is named by its place in the array;
``origin``, who states the range, absent where the catalog does not say. Left out are ``req_key``, the fields of
``logo_info``, which are the same everywhere, and ``req_json``. ``binary_data_base64`` and ``image_urls`` form the
``one_of`` group also where only the description of ``image_urls`` allows the other one; the sides of ``high_aes`` have
the range of both of its versions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .fields import BASE64, LOGO, PICTURE_BASE64_BYTES, REQ_KEY, RETURN_URL, Field, Page

CATALOG = Path(__file__).parents[1] / "catalog.json"

#: Pillow's names of file formats; MPO is what some phones' JPEGs are.
_FORMATS = {"jpg": ("JPEG", "MPO"), "jpeg": ("JPEG", "MPO"), "jfif": ("JPEG", "MPO"), "png": ("PNG",), "bmp": ("BMP",)}
_KINDS = {
    "string(url)": "url",
    "array[string]": "texts",
    "array[int]": "ints",
    "array[object]": "objects",
}
_SHARED = {one.name: one for one in (RETURN_URL, LOGO)}
_FILMS = ("video_url", "aigc_meta_tagged")
_COMMON_OUTPUTS = ("algorithm_base_resp", "binary_data_base64", "image_urls", "status", "echo", *_FILMS)

Row = Mapping[str, Any]


def entries() -> list[dict[str, Any]]:
    """The catalog's models."""
    found: list[dict[str, Any]] = json.loads(CATALOG.read_text(encoding="utf-8"))["endpoints"]
    return found


def catalog_pages() -> tuple[Page, ...]:
    """A page for every model of the catalog."""
    return tuple(map(page_from, entries()))


def page_from(entry: Mapping[str, Any]) -> Page:
    """The page of a catalog entry."""
    images, rows = entry["images"], entry["inputs"]
    fields = _fields([(row["name"], row) for row in rows], pictures=images.get("max") != 0)
    most = images.get("max_bytes")
    optional = {"result_fields": tuple(entry["req_json"])} if "req_json" in entry else {}
    return Page(
        entry["req_key"],
        (REQ_KEY, *fields),
        tuple(name for name in entry["outputs"] if name not in _COMMON_OUTPUTS),
        echo="echo" in entry["outputs"],
        pictures=_pictures(images, fields),
        base64_bytes=-(-most // 3) * 4 if most else PICTURE_BASE64_BYTES,
        request_base64_bytes=images.get("max_total_base64_bytes"),
        formats=tuple(dict.fromkeys(name for text in images.get("formats", ()) for name in _FORMATS.get(text, ()))),
        least_side=images.get("min_side", 1),
        ratio=images.get("max_aspect_ratio"),
        masked=images.get("masked", False),
        actions=tuple(map(tuple, entry["actions"])),
        video=any(name in entry["outputs"] for name in _FILMS),
        **optional,
    )


def _pictures(images: Mapping[str, Any], fields: tuple[Field, ...]) -> tuple[int, int | None] | None:
    """Least and most pictures of the array. None of it are needed where a field may name a picture instead."""
    if not {BASE64.name, "image_urls"} & {one.name for one in fields}:
        return None
    elsewhere = any(one.names_picture for one in fields)
    return (0 if elsewhere else images.get("min", 0)), images.get("max")


def _fields(rows: Iterable[tuple[str, Row]], *, pictures: bool) -> tuple[Field, ...]:
    """Fields of rows by their paths, such as ``garment.data[].type``, in the catalog's order."""
    groups: dict[str, list[tuple[str, str, Row]]] = {}
    for path, row in rows:
        head, _, rest = path.partition(".")
        name = head.removesuffix("[]")
        groups.setdefault(name, []).append((rest, "objects" if name != head else "object", row))
    return tuple(_group(name, group, pictures) for name, group in groups.items())


def _group(name: str, group: list[tuple[str, str, Row]], pictures: bool) -> Field:
    own: Row = next((row for rest, _, row in group if not rest), {})
    inner = [(rest, row) for rest, _, row in group if rest]
    if name in _SHARED:
        return _SHARED[name]
    if not inner:
        return _field(name, own, pictures)
    kind = next(kind for rest, kind, _ in group if rest)
    required = own.get("required", False) if own else any(row.get("required") for _, row in inner)
    return Field(name, kind, required=required, fields=_fields(inner, pictures=pictures))


def _field(name: str, row: Row, pictures: bool) -> Field:
    # Only what an official page states is refused; other ranges are advice that the service need not follow.
    low, high = (row.get("min"), row.get("max")) if row.get("origin") == "official" else (None, None)
    return Field(
        name,
        _kind(name, row, pictures),
        row.get("default"),
        required=row.get("required", False),
        choices=tuple(row.get("choices", ())),
        low=low,
        high=high,
        letters=row.get("max_chars") if row.get("origin") == "official" else None,
    )


def _kind(name: str, row: Row, pictures: bool) -> str:
    kind: str = row["type"]
    if row.get("by_index"):
        return "picture"
    if kind == "string(url)" and pictures and not any(word in name for word in ("audio", "video")):
        return "picture_url"
    if kind == "array[string]" and "url" in name and name != "image_urls":
        return "urls"
    return _KINDS.get(kind, kind)

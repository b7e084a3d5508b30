"""Input pictures: strict base64, references into the array, addresses that are never fetched, and uploads."""

from __future__ import annotations

import base64
import email.policy
import io
import re
from collections.abc import Callable, Sequence
from email.parser import BytesParser

from PIL import Image

from .draw.palette import choose
from .draw.scene import landscape
from .draw.text import fit
from .envelope import GatewayRefusal, Refusal
from .job import seeded
from .stores import CONTENT_TYPES

#: Largest side of a picture in px (catalog section 3).
PICTURE_SIDE = 4096
WEB = ("http://", "https://")
REFERENCE = r"uri://binary_data\?index="


class Loader:
    """Turns the texts of a request into pictures; ``name`` is the field that they stand in.

    ``own_file``: bytes behind one of the sandbox's own addresses, None when they are gone; LookupError for others.
    """

    def __init__(self, own_file: Callable[[str], bytes | None]) -> None:
        self._own_file = own_file

    def inline(self, text: str, name: str, limit: int) -> Image.Image:
        """Decode base64 of at most ``limit`` letters. Refusal 50205, 50207 or 50213."""
        if len(text) > limit:
            raise Refusal(50213, f"'{name}' is {len(text)} bytes of base64, at most {limit} are accepted")
        if text[:5].lower() == "data:":
            raise Refusal(50207, f"'{name}' starts with a data: prefix; send the base64 text alone")
        try:
            return decode(base64.b64decode(text, validate=True), name)
        except ValueError:
            raise Refusal(50207, f"'{name}' is not valid base64") from None

    def linked(self, url: str, name: str) -> Image.Image:
        """The picture behind an own result address, else a placeholder that names the host; it has no format."""
        if not url.startswith(WEB):
            raise Refusal(50200, f"'{name}' must be an http or https address, got {url[:80]!r}")
        try:
            data = self._own_file(url)
        except LookupError:
            return placeholder(url.split("/")[2][:60])
        if data is None:
            raise Refusal(50207, f"'{name}' cannot be downloaded: no such file")
        return decode(data, name)

    def named(self, text: str, name: str, array: Sequence[Image.Image]) -> Image.Image:
        """The picture that a field names: by an address, or by ``uri://binary_data?index=N``, a place of ``array``."""
        if text.startswith(WEB):
            return self.linked(text, name)
        number = re.fullmatch(REFERENCE + r"(\d{1,6})", text, re.ASCII)
        if number is None or int(number[1]) >= len(array):
            wanted = f"an http(s) address or uri://binary_data?index=N, a place of {len(array)} pictures"
            raise Refusal(50200, f"'{name}' must be {wanted}, got {text[:80]!r}")
        return array[int(number[1])]


def decode(data: bytes, name: str) -> Image.Image:
    """Open and fully load a picture. Raises Refusal 50205 (too many pixels) or 50207 (not a picture)."""
    try:
        picture = Image.open(io.BytesIO(data))
        # The header is checked first, so that a small file cannot unfold into gigabytes.
        if max(picture.size) > PICTURE_SIDE:
            raise Image.DecompressionBombError
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal(50205, f"'{name}' must be at most {PICTURE_SIDE} px per side") from None
    except Exception:  # Pillow's decoders raise many kinds of errors for broken files
        raise Refusal(50207, f"'{name}' cannot be decoded as a picture") from None
    return picture


def placeholder(host: str) -> Image.Image:
    """The picture that stands for an address that is not fetched; the same host gives the same one."""
    image = landscape((768, 768), seeded(host), choose("", seeded(host)))
    image.paste((255, 255, 255), (120, 320), fit(f"{host}\nnot fetched by the sandbox", 528, 200, 44))
    return image


def uploaded_file(content_type: str, body: bytes) -> tuple[bytes, str, str]:
    """Content, name and extension of the field ``file`` of a multipart body. GatewayRefusal when there is none."""
    head = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    for part in BytesParser(policy=email.policy.HTTP).parsebytes(head + body).walk():
        data = part.get_payload(decode=True)
        if part.get_param("name", header="content-disposition") == "file" and isinstance(data, bytes) and data:
            return data, part.get_filename() or "file", extension_of(data)
    raise GatewayRefusal("invalid_request", "a multipart/form-data body with a field 'file' is needed", 400)


def extension_of(data: bytes) -> str:
    """By the content; every file that is no picture is kept as it is, as ``bin``."""
    try:
        name = str(Image.open(io.BytesIO(data)).format).lower()
    except Exception:  # Pillow's parsers raise many kinds of errors for files that are no pictures
        return "bin"
    return {"jpeg": "jpg", "mpo": "jpg"}.get(name, name if name in CONTENT_TYPES else "bin")

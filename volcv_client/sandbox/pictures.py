"""Input pictures: strict base64, size limits, and addresses that are never fetched."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable
from urllib.parse import urlsplit

from PIL import Image

from .draw.placeholder import placeholder, placeholder_mask
from .envelope import Refusal
from .pages import PICTURE_SIDE


class Loader:
    """Turns request texts into pictures.

    ``own_file`` returns the bytes behind one of the sandbox's own result addresses, None when the file is
    gone; it raises LookupError for every other address.
    """

    def __init__(self, own_file: Callable[[str], bytes | None]) -> None:
        self._own_file = own_file

    def from_base64(self, text: str, name: str, limit: int) -> Image.Image:
        """Decode one picture; ``limit`` is the largest length of ``text``. Refusal 50205, 50207 or 50213."""
        if len(text) > limit:
            raise Refusal(50213, f"'{name}' is {len(text)} bytes of base64, at most {limit} are accepted")
        if text[:5].lower() == "data:":
            raise Refusal(50207, f"'{name}' starts with a data: prefix; send the base64 text alone")
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise Refusal(50207, f"'{name}' is not valid base64") from None
        return decode(data, name)

    def from_url(self, url: str, name: str, limit: int, mask_like: Image.Image | None = None) -> Image.Image:
        """The picture behind an own result address, or a placeholder that names the host.

        mask_like: when the picture is a mask, the picture it belongs to."""
        try:
            data = self._own_file(url)
        except LookupError:
            host = urlsplit(url).hostname or url[:40]
            return placeholder(host) if mask_like is None else placeholder_mask(mask_like.size)
        if data is None:
            raise Refusal(50207, f"'{name}' cannot be downloaded: no such file")
        if (len(data) + 2) // 3 * 4 > limit:
            raise Refusal(50213, f"'{name}' is {len(data)} bytes, more than {limit} as base64")
        return decode(data, name)


def decode(data: bytes, name: str) -> Image.Image:
    """Open and fully load a picture. Raises Refusal 50205 (too many pixels) or 50207 (not a picture)."""
    too_large = Refusal(50205, f"'{name}' must be at most {PICTURE_SIDE} px per side")
    try:
        picture = Image.open(io.BytesIO(data))
        # The header is checked first, so that a small file cannot unfold into gigabytes.
        if max(picture.size) > PICTURE_SIDE:
            raise too_large
        picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise too_large from None
    except Refusal:
        raise
    except Exception:  # Pillow's decoders raise many kinds of errors for broken files
        raise Refusal(50207, f"'{name}' cannot be decoded as a picture") from None
    return picture

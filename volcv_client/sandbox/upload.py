"""The gateway's file upload: one multipart field named ``file`` (catalog section 1)."""

from __future__ import annotations

import email.policy
import io
import secrets
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser

from PIL import Image

from .envelope import GatewayRefusal

#: Extensions by Pillow's format names; every other file is kept as it is, as ``bin``.
_EXTENSIONS = {"JPEG": "jpg", "MPO": "jpg", "PNG": "png", "WEBP": "webp", "BMP": "bmp", "GIF": "gif"}


@dataclass(frozen=True)
class Upload:
    """One uploaded file; ``extension`` says what it is by its content."""

    data: bytes
    filename: str
    extension: str

    def answer(self, url: str) -> dict[str, object]:
        return {
            "id": "file-" + secrets.token_hex(12),
            "object": "file",
            "bytes": len(self.data),
            "filename": self.filename,
            "url": url,
        }


def read_upload(content_type: str, raw: bytes) -> Upload:
    """The one file of a multipart/form-data body. Raises GatewayRefusal with HTTP status 400."""
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise _refusal(f"Content-Type must be multipart/form-data, got {content_type[:80] or 'none'}")
    head = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    parsed = BytesParser(EmailMessage, policy=email.policy.HTTP).parsebytes(head + raw)
    if not parsed.is_multipart() or parsed.defects:
        raise _refusal("the body is not valid multipart/form-data")
    parts = list(parsed.iter_parts())
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        if part.get_content_disposition() != "form-data" or name != "file":
            raise _refusal(f"unknown field {str(name)[:80]!r}; only 'file' is accepted")
    if len(parts) != 1:
        raise _refusal(f"exactly one field 'file' is needed, got {len(parts)}")
    filename = parts[0].get_filename()
    data = parts[0].get_payload(decode=True)
    if not filename:
        raise _refusal("the field 'file' holds no file name")
    if not isinstance(data, bytes) or not data:
        raise _refusal("the file is empty")
    return Upload(data, filename, _extension(data))


def _refusal(text: str) -> GatewayRefusal:
    return GatewayRefusal("invalid_request", text, 400)


def _extension(data: bytes) -> str:
    try:
        # Opened only for its header; the pixels are looked at when the file is used.
        with Image.open(io.BytesIO(data)) as picture:
            return _EXTENSIONS.get(picture.format or "", "bin")
    except Exception:  # Pillow's parsers raise many kinds of errors for files that are no pictures
        return "bin"

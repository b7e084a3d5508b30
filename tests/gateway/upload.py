"""The gateway's file upload, strictly: exactly one multipart field named ``file`` (catalog section 1)."""

from __future__ import annotations

import email.policy
from email.message import EmailMessage
from email.parser import BytesParser

from volcv_client.sandbox.envelope import GatewayRefusal


def read_upload(content_type: str, raw: bytes) -> bytes:
    """Content of the one file of a multipart/form-data body. Raises GatewayRefusal with HTTP status 400."""
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
    return data


def _refusal(text: str) -> GatewayRefusal:
    return GatewayRefusal("invalid_request", text, 400)

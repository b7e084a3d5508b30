"""Every documented error code (catalog sections 2 and 7), and refusals that know them."""

from __future__ import annotations

from volcv_client.sandbox import envelope

#: HTTP status and message. Where the catalog shows no HTTP status, 400 stands in.
SERVICE_CODES: dict[int, tuple[int, str]] = {
    10000: (200, "Success"),
    50200: (400, "Parameter Invalid"),
    50201: (400, "Parameter Missing"),
    50204: (400, "Parameter Type Error"),
    50205: (400, "Image Size Beyond Limit"),
    50206: (400, "No Image In Request"),
    50207: (400, "Image Decode Error"),
    50209: (400, "No Video In Request"),
    50210: (400, "Video Decode Error"),
    50211: (400, "Video Size Beyond Limit"),
    50213: (400, "Request Body Too Large"),
    50214: (400, "Video Too Long"),
    50215: (400, "Input invalid for this service."),
    50400: (400, "Access Denied"),
    50402: (400, "Action Not Found"),
    50411: (400, "Pre Img Risk Not Pass"),
    50412: (400, "Text Risk Not Pass"),
    50413: (400, "Post Text Risk Not Pass"),
    50429: (429, "Request Has Reached API Limit, Please Try Later"),
    50430: (429, "Request Has Reached API Concurrent Limit, Please Try Later"),
    50500: (500, "Internal Error"),
    50501: (500, "Internal RPC Error"),
    50511: (400, "Post Img Risk Not Pass"),
    50512: (400, "Post Text Risk Not Pass"),
    50513: (400, "Pre Video Risk Not Pass"),
    50514: (400, "Pre Audio Risk Not Pass"),
    50516: (400, "Post Video Risk Not Pass"),
    50517: (400, "Post Audio Risk Not Pass"),
    50518: (400, "Pre Img Risk Not Pass: Copyright"),
    50519: (400, "Post Img Risk Not Pass: Copyright"),
    50520: (400, "Risk Internal Error"),
    50521: (400, "Antidirt Internal Error"),
    50522: (400, "Image Copyright Internal Error"),
    60102: (400, "No Face Detected"),
    60208: (400, "Image Sensitive"),
    201304: (400, "Result Face Broken"),
}

#: Errors that the gateway itself makes, outside the service envelope (catalog section 2, "Gateway-made errors").
GATEWAY_CODES: dict[str, tuple[int, str]] = {
    "invalid_token": (401, "Invalid token"),
    "invalid_request": (401, "The token has expired"),
    "insufficient_user_quota": (403, "The user quota is not enough"),
    "model_not_found": (503, "No available channel for this model"),
}


class Refusal(envelope.Refusal):
    """A documented service error, of every code."""

    CODES = SERVICE_CODES

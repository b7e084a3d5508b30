"""Documented error codes: error class and HTTP status of each (catalog section 7); error classes of HTTP statuses.

Codes from 100000 on come from the vendor's API entrance, before the service (volcengine.com/docs/6369/68677). The
texts stand in the messages under ``error.<code>`` and ``error.http_<status>``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import (
    BusyError,
    CredentialError,
    ModerationError,
    ParameterError,
    QuotaError,
    RefusedError,
    ServiceFaultError,
)

SUCCESS = 10000


@dataclass(frozen=True)
class Code:
    """``http``: documented HTTP status, None where no source shows one.

    ``names``: names of the code in error bodies. ``about_time``: the usual cause is a wrong local clock, so it says
    by how many minutes it is off: ``clock_ahead`` or ``clock_behind`` instead of the code's own text.
    """

    error: type[RefusedError]
    http: int | None = None
    names: tuple[str, ...] = ()
    about_time: bool = False


CODES: dict[int | str, Code] = {
    50200: Code(ParameterError, 400),
    50201: Code(ParameterError, 400),
    50204: Code(ParameterError, 400),
    50205: Code(ParameterError, 400),
    50206: Code(ParameterError, 400),
    50207: Code(ParameterError),
    50209: Code(ParameterError),
    50210: Code(ParameterError),
    50211: Code(ParameterError),
    50213: Code(ParameterError),
    50214: Code(ParameterError),
    50215: Code(ParameterError),
    50400: Code(CredentialError),
    50402: Code(ParameterError),
    50411: Code(ModerationError, 400),
    50412: Code(ModerationError, 400),
    50413: Code(ModerationError, 400),
    50511: Code(ModerationError, 400),
    50512: Code(ModerationError, 400),
    50513: Code(ModerationError),
    50514: Code(ModerationError),
    50516: Code(ModerationError, 400),
    50517: Code(ModerationError, 400),
    50518: Code(ModerationError, 400),
    50519: Code(ModerationError, 400),
    50520: Code(ServiceFaultError, 400),
    50521: Code(ServiceFaultError, 400),
    50522: Code(ServiceFaultError, 400),
    50429: Code(BusyError, 429),
    50430: Code(BusyError, 429),
    50500: Code(ServiceFaultError, 500),
    50501: Code(ServiceFaultError, 500),
    60102: Code(ParameterError),
    60208: Code(ModerationError),
    201304: Code(ServiceFaultError),
    100006: Code(CredentialError, 400, ("InvalidTimestamp", "RequestExpired", "SignatureExpired"), about_time=True),
    100009: Code(CredentialError, 401, ("InvalidAccessKey",)),
    100010: Code(CredentialError, 401, ("SignatureDoesNotMatch",)),
    100013: Code(CredentialError, 403, ("AccessDenied",)),
    100026: Code(CredentialError, 401, ("InvalidSecretToken", "InvalidSecurityToken")),
    "gateway_auth": Code(CredentialError),
    "invalid_request": Code(CredentialError),
    "insufficient_user_quota": Code(QuotaError),
    "model_not_found": Code(BusyError, 503),
}

NAMES: dict[str, int | str] = {name: code for code, row in CODES.items() for name in row.names}
"""Name -> code."""

HTTP_STATUSES: dict[int, type[RefusedError]] = {
    400: ParameterError,
    401: CredentialError,
    402: QuotaError,
    403: QuotaError,
    404: ParameterError,
    408: ServiceFaultError,
    413: ParameterError,
    429: BusyError,
    499: ServiceFaultError,
    500: ServiceFaultError,
    502: ServiceFaultError,
    503: BusyError,
    504: ServiceFaultError,
    520: ServiceFaultError,
    522: ServiceFaultError,
    524: ServiceFaultError,
}
"""Error class by HTTP status, for bodies without a known code. 499 is nginx's, 520 and above are Cloudflare's."""

GAVE_UP = {408, 499, 504, 520, 522, 524}
"""Statuses of a gateway, or of a proxy before it, that stopped waiting while the service may work on."""

WORK_MAY_BE_DONE = GAVE_UP | {500, 502}
"""Statuses after which the service may have done the work, and charged for it."""

NO_WORK_DONE = {501, 503, 505, 521, 523, 525, 526, 530}
"""Statuses from 500 on of a gateway that was not reached or did not pass the request on."""

TIMED_OUT = re.compile(
    r"(?<!connect)(?<!connect[ _-])(?<!connection[ _-])time[ _-]?(?:d[ _-]?)?out|deadline exceeded"
    r"|\b[0-9]{7,}us\b|\u8d85\u65f6",
    re.IGNORECASE,
)
"""Words of a gateway that stopped waiting for the service, such as "request timeout ... 20002639us". Not those of one
that could not connect to it: no work was done then."""

TIMEOUT_CODES = {50500, 50501}
"""Codes of internal errors, which stand for a timeout if the message says so."""

EXPLICIT_REFUSALS = {401, 402, 403, 404, 413, 429}
"""Statuses that mean the same whatever the message says."""

CREDENTIAL_HINTS = re.compile(r"invalid[ _]?(api[ _]?)?key|invalid.*token|unauthori[sz]ed|\u4ee4\u724c", re.IGNORECASE)
NO_CHANNEL_HINTS = re.compile(r"no available channel|\u65e0\u53ef\u7528\u6e20\u9053", re.IGNORECASE)
"""Words of the one-api and new-api family for what other members of it say with a code."""


def known_code(value: int | str, *, named: bool) -> int | str | None:
    """The code of the table for a number or name in an error body; None if unknown. ``named``: names of codes count."""
    as_number = int(value) if isinstance(value, str) and re.fullmatch("[0-9]{1,12}", value) else value
    if isinstance(as_number, int):
        return as_number if as_number in CODES else None
    found = NAMES.get(as_number, as_number) if named else as_number
    return found if found in CODES else None

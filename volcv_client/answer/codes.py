"""Documented error codes: error class and HTTP status of each (catalog section 7).

Codes from 100000 on come from the vendor's API entrance, before the service (volcengine.com/docs/6369/68677). The
texts stand in the messages under ``error.<code>``.
"""

from __future__ import annotations

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
    413: ParameterError,
    429: BusyError,
    500: ServiceFaultError,
    502: ServiceFaultError,
    503: BusyError,
    504: ServiceFaultError,
}
"""Error class by HTTP status, for bodies without a known code."""

WORK_MAY_BE_DONE = {500, 502, 504}
"""Statuses of a gateway that lost its upstream, which may have done the work."""

"""Settings panel, server side: shows and changes profiles. No ComfyUI and no aiohttp in here.

Secrets are write-only. Whoever may change settings could send a stored key to an address of their choice, so changes
are accepted only from the local browser: the connection comes from loopback, the page was opened under a loopback
name (DNS rebinding would pass the first check), and the request comes from that page (CSRF).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from ipaddress import ip_address
from os import environ
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from ...volcv_client import __version__, config, messages
from ...volcv_client.config import SECRETS, SETTINGS, edit
from ...volcv_client.errors import SetupError, VolcvError
from ...volcv_client.redact import redact
from ..status import failed

REMOTE_SWITCH = "VOLCV_ALLOW_REMOTE_SETTINGS"
TEST_SECONDS = 20.0
LOCALES = ("en", "zh", "zh-TW", "ru", "ja", "ko", "fr", "es", "ar", "tr", "pt-BR", "fa", "he")
"""Languages of ComfyUI's frontend."""
VARIABLES = {"home": "VOLCV_HOME", "active": "VOLCV_PROFILE", "language": "VOLCV_LANG"}
INCOMPLETE = ("not_configured", "no_key", "no_base_url")
"""Errors of a profile that is not filled in yet."""

P = ParamSpec("P")
Json = dict[str, Any]
Reply = tuple[int, Json]
"""HTTP status and JSON body."""


@dataclass(frozen=True)
class Requester:
    """Origin of an HTTP request: the socket's remote address, and headers.

    ``forwarded``: X-Forwarded-For or Forwarded. Anyone can write it, so it can only make a requester remote.
    """

    remote: str = ""
    host: str = ""
    origin: str | None = None
    content_type: str = ""
    forwarded: str = ""

    def refusal(self, remote_error: str = "settings_remote") -> str:
        """Why the requester may not change anything; empty if it may. ``remote_error``: key of the text for remotes."""
        page = host_and_port(f"//{self.host}")
        if self.origin is not None and (not page[0] or host_and_port(self.origin) != page):
            return str(SetupError("settings_origin", origin=redact(self.origin)[:100]))
        local = is_loopback(self.remote) and is_loopback(page[0]) and not self.forwarded
        return "" if local or environ.get(REMOTE_SWITCH) == "1" else str(SetupError(remote_error))


def host_and_port(url: str) -> tuple[str, int | None]:
    """Host and port of a URL, None for default ports; no host if it is invalid or opaque, such as "null"."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", None if parts.port in (80, 443) else parts.port
    except ValueError:
        return "", None


def is_loopback(host: str) -> bool:
    """Whether an IP address or host name is this computer's loopback."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host.split("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def json_object(body: bytes) -> Json:
    """The JSON object in a request body; empty for an empty body. Raises SetupError."""
    try:
        loaded = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict):
        raise SetupError("bad_request")
    return loaded


def change(
    action: Callable[Concatenate[Json, P], Json], remote_error: str = "settings_remote"
) -> Callable[Concatenate[Requester, bytes, P], Reply]:
    """Decorator: call ``action`` with the parsed body if the requester may change settings.

    Errors become texts (403 refused, 400 any other). No text shows a secret, not even one sent for the wrong field.
    """

    @wraps(action)
    def handle(requester: Requester, body: bytes, /, *args: P.args, **kwargs: P.kwargs) -> Reply:
        request: Json = {}
        try:
            if refusal := requester.refusal(remote_error):
                return 403, {"error": refusal}
            # A form on another page cannot send JSON without a CORS preflight.
            if requester.content_type.split(";")[0].strip().lower() != "application/json":
                raise SetupError("bad_request")
            request = json_object(body)
            return 200, action(request, *args, **kwargs)
        except VolcvError as error:
            values = request.get("values")
            sent = [values.get(key) for key in SECRETS] if isinstance(values, dict) else []
            secrets = [config.clean_secret(value) for value in sent if isinstance(value, str)]
            return 400, {"error": redact(str(error), secrets)}

    return handle


_browser_locale = "en"


def browser_locale() -> str:
    """Language last reported by the frontend: the browser's, while the user has not chosen one."""
    return _browser_locale


def report_locale(body: bytes) -> Reply:
    """Remember the frontend's language. Open to everybody: it only selects the language of messages."""
    global _browser_locale
    try:
        locale = json_object(body).get("locale")
        if locale not in LOCALES:
            raise SetupError("bad_request")
    except SetupError as error:
        return 400, {"error": str(error)}
    _browser_locale = str(locale)
    return 200, {"locale": _browser_locale}


def status(requester: Requester, name: str = "") -> Reply:
    """State of a profile (default: the active one) for the panel, without secrets."""
    return 200, snapshot(name, requester.refusal())


def snapshot(name: str = "", refusal: str = "") -> Json:
    """Body of :func:`status`; ``refusal``: why the requester may not change it."""
    problem: SetupError | None = None
    content: Json = {}
    try:
        content = config.load_file()
        config.profile(name).ready()
    except SetupError as error:
        problem = error
    active = config.active_name(content)
    fields = {key: field_json(key, state) for key, state in edit.field_states(name or active, content).items()}
    return {
        "version": __version__,
        "home": str(config.home()),
        "active": active,
        "profile": name or active,
        "profiles": config.profile_names(content),
        "before_sandbox": edit.before_sandbox(content),
        "configured": problem is None,
        "problem": str(problem or ""),
        # Without advice: the panel itself is where to fill them in.
        "missing": problem.message if problem is not None and problem.key in INCOMPLETE else "",
        "advice": failed(problem).json() if problem is not None else None,
        "writable": not refusal,
        "refusal": refusal,
        "fields": fields,
        "overrides": {key: state["variable"] for key, state in fields.items() if state["variable"]},
        "language": config.stored_language(),
        "language_in_force": messages.language(),
        **{f"{key}_variable": name if environ.get(name) else "" for key, name in VARIABLES.items()},
    }


def field_json(key: str, state: edit.FieldState) -> Json:
    """A field for the panel; ``state`` holds no secret."""
    facts = {"source": state.source, "variable": state.variable, "problem": state.problem}
    if SETTINGS[key].secret:
        return facts | {"configured": state.source != "default", "last4": state.last_four}
    low, high = SETTINGS[key].bounds or (None, None)
    return facts | {"value": state.value, "default": SETTINGS[key].default, "min": low, "max": high}


def refuse_overridden(setting: str, variable: str) -> None:
    """Raise SetupError for a setting that the environment sets: its change would have no effect."""
    if environ.get(variable):
        raise SetupError("set_by_environment", setting=setting, variable=variable)


def profile_in(request: Json) -> str:
    """The request's ``profile``, default the active one. Raises SetupError for a bad name."""
    name = request.get("profile")
    return edit.check_profile_name(config.active_name() if name is None else name)


@change
def save(request: Json) -> Json:
    """``{"profile": name, "values": {field: value or null}, "language": ...}``; replies like :func:`status`.

    ``notes`` of the reply, if there are any: field -> what was changed about its value.
    """
    values = request.get("values", {})
    if not isinstance(values, dict) or any(isinstance(value, (dict, list)) for value in values.values()):
        raise SetupError("bad_request")
    name = profile_in(request)
    for field in values:
        edit.check_field(field, name)
        refuse_overridden(field, SETTINGS[field].variable)
    if "language" in request:
        refuse_overridden("language", "VOLCV_LANG")
        edit.set_language(request["language"])
    cleaned = edit.set_values(name, values) if values else []
    notes = {field: messages.say("note.secret_cleaned", field=field) for field in cleaned}
    return snapshot(name) | ({"notes": notes} if notes else {})


@change
def activate(request: Json) -> Json:
    """``{"active": name}``; an unknown profile is created. Replies like :func:`status`."""
    refuse_overridden("profile", "VOLCV_PROFILE")
    edit.activate(edit.check_profile_name(request.get("active")), create=True)
    return snapshot()


@change
def delete(_: Json, name: str) -> Json:
    """Remove a profile with its keys. Replies like :func:`status`."""
    edit.delete(name)
    return snapshot()


@change
def check_profile(request: Json) -> Json:
    """``{"profile": name}``: whether its credential works, without a charge.

    Replies ``{"ok": true, "seconds": 0.2, "profile": name}`` or ``{"ok": false, "error": text, "profile": name}``.
    """
    from ..runner import clients  # lazy import: ComfyUI's start must not load what calls need

    name = profile_in(request)
    try:
        profile = config.profile(name).ready()
        client = clients.client(replace(profile, timeout=min(profile.timeout, TEST_SECONDS)))
        seconds = client.check_credentials()
    except VolcvError as error:
        if error.key == "timeout":  # its text would name the profile's own limit
            error = SetupError("test_timeout", seconds=int(TEST_SECONDS))
        return {"ok": False, "error": str(error), "profile": name}
    return {"ok": True, "seconds": round(seconds, 3), "profile": name}


@change
def check_all(request: Json) -> Json:
    """``{"profile": name}``: every check that costs nothing, see :mod:`..volcv_client.check.free`.

    Replies ``{"profile": name, "checks": [{"name": "address", "state": "ok", "text": line}, ...]}``; ``state``: ok,
    failed or skipped. Without a complete profile ``error`` says what is missing, and ``checks`` is empty.
    """
    from ...volcv_client.check.free import free_checks  # lazy import, see check_profile
    from ..runner import clients

    name = profile_in(request)
    try:
        checks = list(free_checks(clients.client(config.profile(name).ready())))
    except VolcvError as error:
        return {"profile": name, "error": str(error), "checks": []}
    lines = [{"name": one.name, "state": one.state.value, "text": one.line} for one in checks]
    return {"profile": name, "checks": lines}

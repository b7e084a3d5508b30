"""The settings panel's other half: reads and changes the profiles. Knows no ComfyUI and no aiohttp.

Secrets come in and never go out. Who may change a setting may also send a stored key to an address of their
own choosing, so changes are taken only from this computer's own browser: the connection must come from
loopback, the page must have been opened under a loopback name (a foreign name that resolves to this computer
is how web pages get around the first rule), and no other page may have sent the request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address
from os import environ
from typing import Any
from urllib.parse import urlsplit

from ...volcv_client import __version__, config, messages
from ...volcv_client.config import profiles
from ...volcv_client.errors import SetupError, VolcvError
from ...volcv_client.redact import redact

REMOTE_SWITCH = "VOLCV_ALLOW_REMOTE_SETTINGS"
TEST_SECONDS = 20.0
LOCALES = ("en", "zh", "zh-TW", "ru", "ja", "ko", "fr", "es", "ar", "tr", "pt-BR", "fa", "he")
"""The languages of ComfyUI's frontend."""
JSON_TYPE = "application/json"
MISSING = ("not_configured", "no_key", "no_base_url")
"""What a profile lacks when it cannot be used yet."""

Reply = tuple[int, dict[str, Any]]
"""HTTP status and JSON body."""
Action = Callable[[dict[str, Any]], dict[str, Any]]


class RefusedChange(SetupError):
    """Whoever asks may not change settings."""


RefusedChange.__module__ = "builtins"


@dataclass(frozen=True)
class Client:
    """Who asks: the address of the socket's other end, and what the headers say.

    ``forwarded``: the addresses of X-Forwarded-For or Forwarded. They can only make a client a stranger, never
    a local one, because anyone can write them.
    """

    remote: str = ""
    host: str = ""
    origin: str | None = None
    content_type: str = ""
    forwarded: str = ""

    def check(self) -> None:
        """RefusedChange unless the client may change settings."""
        page = host_and_port(f"//{self.host}")
        if self.origin is not None and (not page[0] or host_and_port(self.origin) != page):
            raise RefusedChange("settings_origin", origin=redact(self.origin)[:100])
        if environ.get(REMOTE_SWITCH) == "1":
            return
        if not is_loopback(self.remote) or not is_loopback(page[0]) or self.forwarded:
            raise RefusedChange("settings_remote")


def host_and_port(url: str) -> tuple[str, int | None]:
    """Host name and port of a URL, None for default ports; no name for what is no address, such as "null"."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", None if parts.port in (80, 443) else parts.port
    except ValueError:
        return "", None


def is_loopback(host: str) -> bool:
    """Whether an address, or the name in the browser's address bar, is this computer's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host.split("%")[0])
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


_browser_locale = "en"


def browser_locale() -> str:
    """The language that the frontend last reported: the browser's, while the user has not chosen one."""
    return _browser_locale


def report_locale(body: bytes) -> Reply:
    """Take note of the frontend's language. Anyone may say it: it only picks the language of messages."""
    global _browser_locale
    try:
        locale = parsed(body).get("locale")
        if locale not in LOCALES:
            raise SetupError("bad_request")
    except SetupError as error:
        return 400, {"error": str(error)}
    _browser_locale = str(locale)
    return 200, {"locale": _browser_locale}


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object in a request body; an empty body is an empty object."""
    try:
        loaded = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        loaded = None
    if not isinstance(loaded, dict):
        raise SetupError("bad_request")
    return loaded


def status(client: Client, name: str = "") -> Reply:
    """Everything that the panel shows about a profile (default: the active one), without any secret."""
    return 200, snapshot(client, name)


def snapshot(client: Client, name: str = "") -> dict[str, Any]:
    problem: SetupError | None = None
    content: dict[str, Any] = {}
    try:
        content = config.load_file()
    except SetupError as error:
        problem = error
    active = config.active_name(content)
    name = name or active
    if problem is None:
        try:
            config.profile(name).ready()
        except SetupError as error:
            problem = error
    fields = {key: field_json(key, state) for key, state in profiles.field_states(name, content).items()}
    refusal = ""
    try:
        client.check()
    except RefusedChange as error:
        refusal = str(error)
    return {
        "version": __version__,
        "home": str(config.home()),
        "home_variable": set_variable("VOLCV_HOME"),
        "active": active,
        "active_variable": set_variable("VOLCV_PROFILE"),
        "profile": name,
        "profiles": profiles.names(content),
        "before_sandbox": profiles.before_sandbox(content),
        "configured": problem is None,
        "problem": str(problem or ""),
        # What to do about these is to fill in the panel itself.
        "missing": problem.means if problem is not None and problem.key in MISSING else "",
        "writable": not refusal,
        "refusal": refusal,
        "fields": fields,
        "overrides": {key: state["variable"] for key, state in fields.items() if state["variable"]},
        "language": profiles.language(),
        "language_variable": set_variable("VOLCV_LANG"),
        "language_in_force": messages.language(),
    }


def set_variable(variable: str) -> str:
    """The variable's name if it is set, else nothing."""
    return variable if environ.get(variable) else ""


def field_json(key: str, state: profiles.FieldState) -> dict[str, Any]:
    """A field as the panel gets it. The value of a secret is not even in ``state``."""
    facts = {"source": state.source, "variable": state.variable, "problem": state.problem}
    if key in config.SECRETS:
        return facts | {"configured": state.given, "last4": state.last_four}
    low, high = config.BOUNDS.get(key, (None, None))
    return facts | {"value": state.value, "default": getattr(config.Profile, key), "min": low, "max": high}


def change(client: Client, body: bytes, action: Action) -> Reply:
    """Run ``action`` on the request if the client may change settings; errors become texts.

    No text holds a secret, not even one that was just sent to the wrong field.
    """
    request: dict[str, Any] = {}
    try:
        client.check()
        if client.content_type.split(";")[0].strip().lower() != JSON_TYPE:
            # A form of a foreign page cannot send this type without the browser asking first.
            raise SetupError("bad_request")
        request = parsed(body)
        return 200, action(request)
    except RefusedChange as error:
        return 403, {"error": str(error)}
    except VolcvError as error:
        return 400, {"error": without_secrets(str(error), request)}


def without_secrets(text: str, request: Mapping[str, Any]) -> str:
    values = request.get("values")
    sent = values.items() if isinstance(values, dict) else ()
    return redact(text, [value.strip() for field, value in sent if field in config.SECRETS and isinstance(value, str)])


def save(client: Client, body: bytes) -> Reply:
    """``{"profile": name, "values": {field: value or null}, "language": ...}``; replies like :func:`status`."""

    def action(request: dict[str, Any]) -> dict[str, Any]:
        values, name = request.get("values", {}), request.get("profile")
        if not isinstance(values, dict) or not all(isinstance(value, Scalar) for value in values.values()):
            raise SetupError("bad_request")
        name = profiles.check_name(config.active_name() if name is None else name)
        for field in values:
            profiles.check_field(field, name)
            refuse_overridden(field, profiles.variable_for(field))
        if "language" in request:
            refuse_overridden("language", set_variable("VOLCV_LANG"))
            profiles.set_language(request["language"])
        if values:
            profiles.set_values(name, values)
        return snapshot(client, name)

    return change(client, body, action)


Scalar = (str, int, float, bool, type(None))


def refuse_overridden(setting: str, variable: str) -> None:
    """What the environment sets is not changed here: the change would seem to do nothing."""
    if variable:
        raise SetupError("set_by_environment", setting=setting, variable=variable)


def activate(client: Client, body: bytes) -> Reply:
    """``{"active": name}``; a new name makes a profile. Replies like :func:`status`."""

    def action(request: dict[str, Any]) -> dict[str, Any]:
        refuse_overridden("profile", set_variable("VOLCV_PROFILE"))
        profiles.use(profiles.check_name(request.get("active")), create=True)
        return snapshot(client)

    return change(client, body, action)


def delete(client: Client, body: bytes, name: str) -> Reply:
    """Forget a profile with its keys. Replies like :func:`status`."""

    def action(_: dict[str, Any]) -> dict[str, Any]:
        profiles.delete(name)
        return snapshot(client)

    return change(client, body, action)


def prove(client: Client, body: bytes) -> Reply:
    """``{"profile": name}``: whether the profile's credential works. Nothing is bought.

    ``{"ok": true, "seconds": 0.2, "profile": name}``, or ``{"ok": false, "error": text, "profile": name}``.
    """
    from ...volcv_client.calls import probe  # with it comes all that calls need; ComfyUI's start does not wait for it

    def action(request: dict[str, Any]) -> dict[str, Any]:
        name = request.get("profile")
        name = profiles.check_name(config.active_name() if name is None else name)
        try:
            profile = config.profile(name).ready()
            seconds = probe.probe(replace(profile, timeout=min(profile.timeout, TEST_SECONDS)))
        except VolcvError as error:
            return {"ok": False, "error": failure_text(error), "profile": name}
        return {"ok": True, "seconds": round(seconds, 3), "profile": name}

    return change(client, body, action)


def failure_text(error: VolcvError) -> str:
    """What the test says of a failure; its own time limit is not the one that the settings hold."""
    return str(SetupError("test_timeout", seconds=int(TEST_SECONDS)) if error.key == "timeout" else error)

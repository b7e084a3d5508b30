"""Changes to ``config.json``, and what it holds for people to see.

Every change reads, alters and replaces the file under a lock that other threads and processes share, so that
two changes at the same time both last. Secrets go in here and only their last four characters come out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import environ
from typing import Any

from .. import config
from ..errors import SetupError
from ..messages import LANGUAGES, say
from ..redact import last_four

AUTO = "auto"
LANGUAGE_CHOICES = (AUTO, *LANGUAGES)
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
SWITCH_WORDS = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
LOCK_SECONDS = 10.0


@dataclass(frozen=True)
class FieldState:
    """One field of a profile as it is in force.

    ``source`` is "environment", "profile" or "default"; ``variable`` names the environment variable. ``value``
    is None for secrets, of which only ``last_four`` is told. ``problem`` says what is wrong with the value.
    """

    source: str
    variable: str = ""
    value: object = None
    last_four: str = ""
    problem: str = ""

    @property
    def given(self) -> bool:
        """Whether the environment or the profile sets it."""
        return self.source != "default"


@contextmanager
def changes() -> Iterator[dict[str, Any]]:
    """The content of ``config.json`` to alter; written back when the block ends without an error.

    Raises SetupError if the file cannot be read, locked or written.
    """
    import sqlite3  # ComfyUI's start does not wait for what only changes need

    path = config.config_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # An sqlite lock works on every system and ends with the process that held it.
        with closing(
            sqlite3.Connection(path.with_name("config.lock"), timeout=LOCK_SECONDS, isolation_level=None)
        ) as lock:
            lock.execute("BEGIN EXCLUSIVE")
            content = config.load_file()
            yield content
            config.save_file(content)
    except (OSError, sqlite3.Error) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise SetupError("config_not_written", path=str(path), problem=problem) from None


def check_name(name: object) -> str:
    """A name that a profile may have; SetupError for any other."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise SetupError("bad_profile_name")
    return name


def names(content: Mapping[str, Any] | None = None) -> list[str]:
    """All profiles: "default" first, then those of the file by name, "sandbox" last."""
    content = config.load_file() if content is None else content
    always = (config.DEFAULT_PROFILE, config.SANDBOX)
    own = sorted(name for name in content.get("profiles", {}) if name not in always)
    return [config.DEFAULT_PROFILE, *own, config.SANDBOX]


def check_field(field: str, name: str) -> None:
    """SetupError unless the profile ``name`` may hold the field."""
    if field not in config.FIELD_KINDS:
        raise SetupError("unknown_setting", setting=field[:60], known=", ".join(config.FIELD_KINDS))
    if name == config.SANDBOX and field in config.NOT_FOR_SANDBOX:
        raise SetupError("sandbox_fixed", setting=field)


def checked(name: str, field: str, value: object) -> Any:
    """``value`` as it is stored; None for what unsets the field. SetupError never shows a secret."""
    check_field(field, name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    kind = config.FIELD_KINDS[field]
    if kind is bool and isinstance(value, str):
        value = SWITCH_WORDS.get(value.strip().lower(), value)
    try:
        converted = config.convert(field, kind, value, "")
    except SetupError:
        low, high = config.BOUNDS.get(field, (0, 0))
        allowed = say(f"settings.allowed.{'secret' if field in config.SECRETS else kind.__name__}", low=low, high=high)
        raise SetupError("bad_value", setting=field, allowed=allowed) from None
    return config.origin_of(converted) if field == "base_url" else converted


def set_values(name: str, values: Mapping[str, object]) -> None:
    """Set fields of a profile, which is made if there is none; None and "" unset a field. All or nothing."""
    check_name(name)
    stored = {field: checked(name, field, value) for field, value in values.items()}
    with changes() as content:
        profile = content.setdefault("profiles", {}).setdefault(name, {})
        profile.update(stored)
        content["profiles"][name] = {field: value for field, value in profile.items() if value is not None}


def set_value(name: str, field: str, value: object) -> None:
    """Set one field of a profile; see :func:`set_values`. Switches also take words such as "on"."""
    set_values(name, {field: value})


def unset_value(name: str, field: str) -> bool:
    """Forget one field of a profile; whether it was set."""
    check_field(field, name)
    with changes() as content:
        removed = content.get("profiles", {}).get(name, {}).pop(field, None)
    return removed is not None


def use(name: str, *, create: bool = False) -> None:
    """Make a profile the active one. SetupError for an unknown name, unless it shall be made.

    The profile that was active before the sandbox is kept in ``before_sandbox``.
    """
    with changes() as content:
        if name not in (known := names(content)):
            if not create:
                raise SetupError("unknown_profile", name=name, known=", ".join(known))
            content.setdefault("profiles", {})[check_name(name)] = {}
        if name == config.SANDBOX and (before := stored_active(content)) != config.SANDBOX:
            content["before_sandbox"] = before
        content["active"] = name


def stored_active(content: Mapping[str, Any]) -> str:
    """The file's active profile, whatever the environment says."""
    return str(content.get("active") or config.DEFAULT_PROFILE)


def before_sandbox(content: Mapping[str, Any]) -> str:
    """The profile to go back to from the sandbox."""
    name = content.get("before_sandbox")
    return name if isinstance(name, str) and name in names(content) else config.DEFAULT_PROFILE


def delete(name: str) -> None:
    """Forget a profile with its keys. "default" and "sandbox" exist always and only lose their values."""
    with changes() as content:
        if name not in names(content):
            raise SetupError("unknown_profile", name=name, known=", ".join(names(content)))
        content.get("profiles", {}).pop(name, None)
        if stored_active(content) == name and name != config.SANDBOX:
            content["active"] = config.DEFAULT_PROFILE


def set_language(language: object) -> None:
    """Store the language of messages: "auto" follows the surroundings."""
    if language not in LANGUAGE_CHOICES:
        raise SetupError("bad_value", setting="language", allowed=", ".join(LANGUAGE_CHOICES))
    with changes() as content:
        content["language"] = language


def language() -> str:
    """The stored language, or "auto"; never fails, because errors are shown in it."""
    try:
        chosen = config.load_file().get("language")
    except SetupError:
        return AUTO
    return chosen if chosen in LANGUAGES else AUTO


def variable_for(field: str) -> str:
    """The environment variable that sets the field, or nothing."""
    return next((variable for variable in config.ENVIRONMENT.get(field, ()) if environ.get(variable)), "")


def field_states(name: str, content: Mapping[str, Any]) -> dict[str, FieldState]:
    """Every field that the profile has, as it is in force. Bad values become problems, not errors."""
    stored = content.get("profiles", {}).get(name, {})
    return {
        field: field_state(name, field, stored.get(field))
        for field in config.FIELD_KINDS
        if name != config.SANDBOX or field not in config.NOT_FOR_SANDBOX
    }


def field_state(name: str, field: str, stored: object) -> FieldState:
    variable = variable_for(field)
    raw = environ.get(variable) if variable else stored
    secret = field in config.SECRETS
    if raw is None or raw == "":
        return FieldState("default", value=None if secret else getattr(config.Profile, field))
    source, origin = ("environment", variable) if variable else ("profile", f"config.json, profile {name}")
    try:
        value = config.convert(field, config.FIELD_KINDS[field], raw, origin)
        if field == "base_url":
            config.origin_of(value)
    except SetupError as error:
        return FieldState(source, variable, problem=str(error))
    return FieldState(source, variable, None if secret else value, last_four(value) if secret else "")

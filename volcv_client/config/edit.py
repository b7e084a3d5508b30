"""Shows and changes ``config.json`` for the settings panel and the command; secrets are write-only.

Each change reads, modifies and atomically replaces the file under a lock shared with other threads and processes.
"""

from __future__ import annotations

import json
import logging
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from os import fdopen, fsync
from pathlib import Path
from typing import Any

from ..errors import SetupError
from ..messages import LANGUAGES
from ..redact import secret_suffix
from . import profiles

LANGUAGE_CHOICES = (profiles.AUTO_LANGUAGE, *LANGUAGES)
PROFILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
SWITCH_WORDS = {"on": True, "true": True, "yes": True, "1": True, "off": False, "false": False, "no": False, "0": False}
LOCK_SECONDS = 10.0
REPLACE_SECONDS = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FieldState:
    """Effective state of a profile's field, without secrets.

    ``source``: "environment", "profile" or "default"; ``variable``: the environment variable that sets it. ``value``
    is None for secrets, of which only ``last_four`` is shown. ``problem``: why the value cannot be used.
    """

    source: str
    variable: str = ""
    value: object = None
    last_four: str = ""
    problem: str = ""


def field_states(name: str, content: Mapping[str, Any]) -> dict[str, FieldState]:
    """State of every field of a profile; bad values become problems, not errors."""
    stored = content.get("profiles", {}).get(name, {})
    states = {}
    for field, setting in profiles.settings_of(name).items():
        variable, value, problem = setting.variable, None, ""
        source = "environment" if variable else "default" if stored.get(field) in (None, "") else "profile"
        try:
            value = profiles.read_field(field, name, stored)
            if field == "base_url" and source != "default":
                profiles.normalize_base_url(value)
        except SetupError as error:
            value, problem = None, str(error)
        suffix = secret_suffix(value or "") if setting.secret else ""
        states[field] = FieldState(source, variable, None if setting.secret else value, suffix, problem)
    return states


def save_file(content: Mapping[str, Any]) -> None:
    """Replace the configuration file atomically; readable by its owner only."""
    folder = profiles.home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    close_to_others(folder)
    descriptor, name = tempfile.mkstemp(prefix="config-", dir=folder)  # mode 0600
    try:
        with fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2, ensure_ascii=False)
            file.flush()
            fsync(descriptor)
        replace_file(Path(name), profiles.config_file())
    except BaseException:  # the temporary file may hold keys, so it goes even on KeyboardInterrupt
        Path(name).unlink(missing_ok=True)
        raise


def close_to_others(folder: Path) -> None:
    """Take the folder's rights from everybody but its owner, with a warning where the file system has no such rights
    or the folder is somebody else's, such as a mounted volume."""
    try:
        folder.chmod(0o700)
    except OSError as error:
        if folder.stat().st_mode & 0o077:
            log.warning("%s holds keys, and others on this computer may read it (%s)", folder, error.strerror)


def replace_file(source: Path, target: Path) -> None:
    """``source.replace(target)``; tried again for REPLACE_SECONDS while it is refused, which it is on Windows as long
    as a virus scanner or an indexer has the target open. Raises PermissionError."""
    deadline = time.monotonic() + REPLACE_SECONDS
    while True:
        try:
            source.replace(target)
            return
        except PermissionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@contextmanager
def open_config() -> Iterator[dict[str, Any]]:
    """Content of ``config.json`` to modify; written back when the block ends without an error.

    Raises SetupError if the file cannot be read, locked or written.
    """
    import sqlite3  # lazy import: only changes need it, and it would slow down ComfyUI's start

    path = profiles.config_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # An sqlite lock works on every system and is released when its process ends.
        lock = sqlite3.Connection(path.with_name("config.lock"), timeout=LOCK_SECONDS, isolation_level=None)
        with closing(lock):
            lock.execute("BEGIN EXCLUSIVE")
            content = profiles.load_file()
            yield content
            save_file(content)
    except (OSError, sqlite3.Error) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise SetupError("config_not_written", path=str(path), problem=problem) from None


def check_profile_name(name: object) -> str:
    """``name`` if a profile may be called so. Raises SetupError."""
    if not isinstance(name, str) or not PROFILE_NAME.fullmatch(name):
        raise SetupError("bad_profile_name")
    return name


def check_field(field: str, name: str) -> None:
    """Raise SetupError unless the profile ``name`` may hold the field."""
    if field not in profiles.SETTINGS:
        raise SetupError("unknown_setting", setting=field[:60], known=", ".join(profiles.SETTINGS))
    if field not in profiles.settings_of(name):
        raise SetupError("sandbox_fixed", setting=field)


def parse_field(name: str, field: str, value: object) -> Any:
    """``value`` as it is stored; None unsets the field. Raises SetupError, which never shows a secret."""
    check_field(field, name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    setting = profiles.SETTINGS[field]
    if setting.kind is bool and isinstance(value, str):
        value = SWITCH_WORDS.get(value.strip().lower(), value)
    try:
        parsed = setting.parse(value)
    except ValueError:
        raise SetupError("bad_value", setting=field, allowed=setting.allowed) from None
    return profiles.normalize_base_url(parsed) if field == "base_url" else parsed


def set_values(name: str, values: Mapping[str, object]) -> list[str]:
    """Set fields of a profile, which is created if missing; all or nothing.

    None and "" unset a field; switches also take words such as "on". Returns the secrets that were stored without
    something that stood around them, such as "Bearer". Raises SetupError for a bad name or value.
    """
    check_profile_name(name)
    parsed = {field: parse_field(name, field, value) for field, value in values.items()}
    with open_config() as content:
        profile = content.setdefault("profiles", {}).setdefault(name, {})
        profile.update(parsed)
        content["profiles"][name] = {field: value for field, value in profile.items() if value is not None}
    return [field for field in profiles.SECRETS if parsed.get(field) not in (None, str(values.get(field)))]


def unset_value(name: str, field: str) -> bool:
    """Remove a field from a profile. Returns whether it was set."""
    check_field(field, name)
    with open_config() as content:
        removed = content.get("profiles", {}).get(name, {}).pop(field, None)
    return removed is not None


def activate(name: str, *, create: bool = False) -> None:
    """Make a profile the active one. An unknown profile is created, or raises SetupError without ``create``.

    ``before_sandbox`` in the file records which profile to return to from the sandbox.
    """
    with open_config() as content:
        if create and name not in profiles.profile_names(content):
            content.setdefault("profiles", {})[check_profile_name(name)] = {}
        profiles.stored_values(name, content)
        if name == profiles.SANDBOX and (before := profiles.stored_active(content)) != profiles.SANDBOX:
            content["before_sandbox"] = before
        content["active"] = name


def before_sandbox(content: Mapping[str, Any]) -> str:
    """The profile to return to from the sandbox."""
    name = content.get("before_sandbox")
    return name if isinstance(name, str) and name in profiles.profile_names(content) else profiles.DEFAULT_PROFILE


def delete(name: str) -> None:
    """Remove a profile with its keys; "default" and "sandbox" only lose their values. Raises SetupError if unknown."""
    with open_config() as content:
        profiles.stored_values(name, content)
        content.get("profiles", {}).pop(name, None)
        if profiles.stored_active(content) == name and name != profiles.SANDBOX:
            content["active"] = profiles.DEFAULT_PROFILE


def set_language(language: object) -> None:
    """Store the language of messages: "en", "zh", or "auto" for that of ComfyUI or the terminal."""
    if language not in LANGUAGE_CHOICES:
        raise SetupError("bad_value", setting="language", allowed=", ".join(LANGUAGE_CHOICES))
    with open_config() as content:
        content["language"] = language

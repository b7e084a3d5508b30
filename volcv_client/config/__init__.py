"""Configuration: the environment first, then the active profile in ``config.json``.

The file (mode 0600, folder 0700, replaced atomically) holds named profiles. The profile ``sandbox`` always
exists: it needs no key and runs a stand-in service inside the process.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from os import environ, fsync
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import SetupError
from ..redact import redact

SANDBOX = "sandbox"
SANDBOX_KEY = "sandbox"
DEFAULT_PROFILE = "default"
GATEWAY_PATH = "/volcv/v1"
NATIVE_URL = "https://visual.volcengineapi.com"

ENVIRONMENT: Mapping[str, tuple[str, ...]] = {
    "api_key": ("VOLCV_API_KEY",),
    "base_url": ("VOLCV_BASE_URL",),
    "access_key": ("VOLCV_ACCESS_KEY", "VOLC_ACCESSKEY"),
    "secret_key": ("VOLCV_SECRET_KEY", "VOLC_SECRETKEY"),
    "session_token": ("VOLCV_SESSION_TOKEN",),
    "max_concurrency": ("VOLCV_MAX_CONCURRENCY",),
    "timeout": ("VOLCV_TIMEOUT",),
    "task_timeout": ("VOLCV_TASK_TIMEOUT",),
    "upload_url": ("VOLCV_UPLOAD_URL",),
}
SECRETS = ("api_key", "access_key", "secret_key", "session_token")
NOT_FOR_SANDBOX = (*SECRETS, "base_url", "upload_url")
"""The sandbox profile runs inside this process and must never hold what could be sent elsewhere."""

_home: Path | None = None


def set_home(folder: Path) -> None:
    """State folder to use when ``VOLCV_HOME`` is not set (the host's own user folder)."""
    global _home
    _home = folder


def home() -> Path:
    """The state folder: ``VOLCV_HOME``, else the host's, else that of the ComfyUI around, else ``~/.volcv``."""
    named = environ.get("VOLCV_HOME")
    return Path(named).expanduser() if named else _home or home_around(Path(__file__)) or Path.home() / ".volcv"


def home_around(file: Path) -> Path | None:
    """Where the ComfyUI that this file is installed in keeps the pack's state, for the command; None outside of one.

    What the nodes stored and what was set in ComfyUI is then there for the command too.
    """
    pack = file.absolute().parents[2]
    folder = pack.parent.parent / "user" / "__volcv"
    return folder if pack.parent.name == "custom_nodes" and folder.is_dir() else None


def config_file() -> Path:
    return home() / "config.json"


@dataclass(frozen=True)
class Profile:
    """One set of credentials and habits.

    ``timeout`` seconds to wait for one answer, ``task_timeout`` for the result of a task; ``upload_url`` turns
    pictures into links; ``max_concurrency`` calls in flight; ``lossless`` sends PNG
    instead of JPEG; ``reuse`` hands out stored results for identical fixed-seed requests; ``store_limit_mb`` caps
    the pictures kept, least recently used first. ``sources`` tells
    for each field where it came from: an environment variable's name or the profile's.
    """

    name: str = DEFAULT_PROFILE
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    session_token: str = field(default="", repr=False)
    max_concurrency: int = 2
    timeout: float = 300.0
    task_timeout: float = 1800.0
    upload_url: str = ""
    lossless: bool = False
    reuse: bool = True
    store_limit_mb: int = 2048
    sources: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def native(self) -> bool:
        """Signed calls to the vendor's own service; a gateway key takes precedence."""
        return bool(self.access_key and self.secret_key and not self.api_key)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.api_key, self.access_key, self.secret_key, self.session_token)))

    def ready(self) -> Profile:
        """This profile, complete; SetupError with the way out if something is missing."""
        if self.name == SANDBOX:
            return self
        if self.native:
            return replace(self, base_url=origin_of(self.base_url or NATIVE_URL))
        if not self.api_key and not self.base_url:
            raise SetupError("not_configured")
        if not self.api_key:
            raise SetupError("no_key")
        if not self.base_url:
            raise SetupError("no_base_url")
        return replace(self, base_url=origin_of(self.base_url))


def origin_of(base_url: str) -> str:
    """Scheme, host and prefix of the gateway without the API path; SetupError if it is no http(s) URL."""
    text = base_url.strip().rstrip("/").removesuffix(GATEWAY_PATH).rstrip("/")
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
        usable = usable and parts.username is None and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable:
        raise SetupError("bad_base_url", url=redact(text.split("@")[-1].split("?")[0])[:200])
    return text


def load_file() -> dict[str, Any]:
    """The configuration file as ``{"active": name, "profiles": {...}, ...}``; empty if there is none."""
    path = config_file()
    try:
        loaded = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise SetupError("bad_config", path=str(path), problem=type(error).__name__) from None
    profiles = loaded.get("profiles", {}) if isinstance(loaded, dict) else None
    if not isinstance(profiles, dict) or not all(isinstance(p, dict) for p in profiles.values()):
        raise SetupError("bad_config", path=str(path), problem="profiles")
    return dict(loaded)


def save_file(content: Mapping[str, Any]) -> None:
    """Replace the configuration file atomically; readable by its owner only."""
    folder = home()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - closed before it is renamed, as Windows wants it
        "w", dir=folder, prefix="config-", delete=False, encoding="utf-8"
    )
    written = Path(file.name)
    try:
        with file:
            json.dump(content, file, indent=2, ensure_ascii=False)
            file.flush()
            fsync(file.fileno())
        written.chmod(0o600)
        written.replace(config_file())
    except BaseException:  # whatever happened, the file may hold keys
        written.unlink(missing_ok=True)
        raise


def active_name(content: Mapping[str, Any] | None = None) -> str:
    """Name of the profile in force: ``VOLCV_PROFILE``, else the file's ``active``, else "default"."""
    named = environ.get("VOLCV_PROFILE")
    if named:
        return named
    return str((load_file() if content is None else content).get("active") or DEFAULT_PROFILE)


def profile(name: str | None = None) -> Profile:
    """The named (or active) profile with the environment laid over it.

    The sandbox profile ignores credentials from the environment: it must never send them anywhere.
    Raises SetupError for an unknown name or values of the wrong kind.
    """
    content = load_file()
    name = name or active_name(content)
    stored = content.get("profiles", {}).get(name)
    if stored is None and name not in (SANDBOX, DEFAULT_PROFILE):
        known = ", ".join(sorted({*content.get("profiles", {}), SANDBOX, DEFAULT_PROFILE}))
        raise SetupError("unknown_profile", name=name, known=known)
    stored = stored or {}
    values: dict[str, Any] = {"name": name}
    sources: dict[str, str] = {}
    for key, kind in FIELD_KINDS.items():
        if name == SANDBOX and key in NOT_FOR_SANDBOX:
            continue
        variable = next((v for v in ENVIRONMENT.get(key, ()) if environ.get(v)), None)
        raw = environ.get(variable) if variable else stored.get(key)
        if raw is None or raw == "":
            continue
        source = variable or f"config.json, profile {name}"
        values[key] = convert(key, kind, raw, source)
        sources[key] = source
    return Profile(**values, sources=sources)


FIELD_KINDS: Mapping[str, type] = {
    "base_url": str,
    "api_key": str,
    "access_key": str,
    "secret_key": str,
    "session_token": str,
    "max_concurrency": int,
    "timeout": float,
    "task_timeout": float,
    "upload_url": str,
    "lossless": bool,
    "reuse": bool,
    "store_limit_mb": int,
}
BOUNDS: Mapping[str, tuple[float, float]] = {
    "max_concurrency": (1, 64),
    "timeout": (1, 86400),
    "task_timeout": (1, 86400),
    "store_limit_mb": (1, 1_000_000),
}


def convert(key: str, kind: type, raw: object, source: str) -> Any:
    """``raw`` as the field's kind. SetupError names the source but never shows a secret."""
    try:
        if kind is bool:
            if not isinstance(raw, bool):
                raise ValueError
            return raw
        if isinstance(raw, bool) or not isinstance(raw, (str, int, float)):
            raise ValueError
        value = kind(raw.strip() if isinstance(raw, str) else raw)
        if kind is int and isinstance(raw, float) and raw != value:
            raise ValueError
        low, high = BOUNDS.get(key, (None, None))
        if low is not None and high is not None and not low <= value <= high:
            raise ValueError
        if key in SECRETS and not (value.isascii() and value.isprintable()):
            raise ValueError
    except (ValueError, OverflowError):
        bounds = BOUNDS.get(key)
        allowed = f"{bounds[0]:g} - {bounds[1]:g}" if bounds else kind.__name__
        raise SetupError("bad_setting", setting=key, source=source, allowed=allowed) from None
    return value

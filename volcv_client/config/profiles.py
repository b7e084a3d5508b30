"""Reads profiles: the environment first, then ``config.json`` in the state folder.

The file (mode 0600, folder 0700) holds named profiles. The profile ``sandbox`` always exists: it needs no key and
runs a stand-in service inside the process.
"""

from __future__ import annotations

import codecs
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from os import environ
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..errors import SetupError
from ..messages import LANGUAGES, say
from ..redact import redact
from .prices import canonical_prices
from .secret import clean_secret
from .trusted import canonical_hosts

log = logging.getLogger(__name__)

SANDBOX = "sandbox"
SANDBOX_KEY = "sandbox"
DEFAULT_PROFILE = "default"
GATEWAY_PATH = "/volcv/v1"
UPLOAD_PATH = "/v1/files"
"""The gateway family's upload helper (catalog section 1)."""

DEFAULT_PORTS = {"http": 80, "https": 443}
NATIVE_URL = "https://visual.volcengineapi.com"
AUTO_LANGUAGE = "auto"
UTF_16_STARTS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"{\0", b"\0{")
"""First bytes of a JSON object in UTF-16, which Windows' editors call Unicode."""


@dataclass(frozen=True)
class Setting:
    """Description of a configurable field of :class:`Profile`.

    ``variables``: environment variables, in order of precedence. ``bounds``: inclusive range. ``sandbox`` is False
    for credentials and addresses: the sandbox profile must hold nothing that could be sent elsewhere. ``clean``: what
    is made of a text, ValueError if it is not allowed. ``form``: text ``settings.allowed.<form>`` that says what is.
    """

    default: Any
    variables: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    secret: bool = False
    sandbox: bool = True
    clean: Callable[[str], str] = str.strip
    form: str = ""

    @property
    def allowed(self) -> str:
        """What the field may hold, for people."""
        low, high = self.bounds or (0, 0)
        return say(f"settings.allowed.{self.form or self.kind.__name__}", low=low, high=high)

    @property
    def kind(self) -> type[Any]:
        """``str``, ``int``, ``float`` or ``bool``."""
        return type(self.default)

    @property
    def variable(self) -> str:
        """Name of the environment variable that sets the field at present; empty if none does."""
        return next((name for name in self.variables if environ.get(name)), "")

    def parse(self, raw: object) -> Any:
        """``raw`` from the environment or JSON, as :attr:`kind`. Raises ValueError if it is not, or out of bounds."""
        if not isinstance(raw, (str, int, float)) or isinstance(raw, bool) != (self.kind is bool):
            raise ValueError
        try:
            value: Any = self.kind(raw)
        except OverflowError:
            raise ValueError from None
        if self.kind is str:
            value = self.clean(value)
        valid = self.kind is not int or isinstance(raw, str) or raw == value  # no fractions
        valid = valid and (self.bounds is None or self.bounds[0] <= value <= self.bounds[1])
        if not valid or (self.secret and not (value and value.isascii() and value.isprintable())):
            raise ValueError
        return value


def canonical_path(text: str) -> str:
    """An absolute URL path without a slash at its end. Raises ValueError for anything else."""
    path = text.strip().rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9._~%+-]+)+", path):
        raise ValueError
    return path


def setting(default: object, *variables: str, **facts: Any) -> Any:
    """A dataclass field with its :class:`Setting` as metadata."""
    described = Setting(default, variables, **facts)
    return field(default=default, repr=not described.secret, metadata={"setting": described})


def secret(*variables: str) -> Any:
    """A :func:`setting` that is a secret."""
    return setting("", *variables, secret=True, sandbox=False, clean=clean_secret, form="secret")


@dataclass(frozen=True)
class Profile:
    """Credentials and settings.

    ``gateway_path``: path of the API at a gateway. ``timeout``: seconds for one response, ``task_timeout``: for the
    result of a task. ``upload_url``: service that turns pictures into links. ``trusted_hosts``: where result links
    may lead, see :mod:`.trusted`.
    ``max_concurrency``: requests in flight. ``lossless``: PNG instead of JPEG. ``reuse``: stored results answer
    identical fixed-seed requests. ``store_limit_mb``: cap of the result store (LRU). ``exit_wait``: seconds that a
    stopping process waits for calls in flight. ``daily_limit``, ``monthly_limit``: most charged calls per day and
    month, 0 for no limit; ``daily_budget``, ``monthly_budget``: most money that they may cost by estimate, in the
    currency of ``prices``, see :mod:`.prices`.
    """

    name: str = DEFAULT_PROFILE
    base_url: str = setting("", "VOLCV_BASE_URL", sandbox=False)
    api_key: str = secret("VOLCV_API_KEY")
    access_key: str = secret("VOLCV_ACCESS_KEY", "VOLC_ACCESSKEY")
    secret_key: str = secret("VOLCV_SECRET_KEY", "VOLC_SECRETKEY")
    session_token: str = secret("VOLCV_SESSION_TOKEN")
    max_concurrency: int = setting(2, "VOLCV_MAX_CONCURRENCY", bounds=(1, 64))
    timeout: float = setting(300.0, "VOLCV_TIMEOUT", bounds=(1, 86400))
    task_timeout: float = setting(1800.0, "VOLCV_TASK_TIMEOUT", bounds=(1, 86400))
    gateway_path: str = setting(
        GATEWAY_PATH, "VOLCV_GATEWAY_PATH", sandbox=False, clean=canonical_path, form="gateway_path"
    )
    upload_url: str = setting("", "VOLCV_UPLOAD_URL", sandbox=False)
    trusted_hosts: str = setting("", "VOLCV_TRUSTED_HOSTS", sandbox=False, clean=canonical_hosts, form="hosts")
    lossless: bool = setting(False)
    reuse: bool = setting(True)
    store_limit_mb: int = setting(2048, bounds=(1, 1_000_000))
    exit_wait: float = setting(30.0, "VOLCV_EXIT_WAIT", bounds=(0, 3600))
    daily_limit: int = setting(0, "VOLCV_DAILY_LIMIT", bounds=(0, 1_000_000))
    monthly_limit: int = setting(0, "VOLCV_MONTHLY_LIMIT", bounds=(0, 1_000_000))
    daily_budget: float = setting(0.0, "VOLCV_DAILY_BUDGET", bounds=(0, 1_000_000))
    monthly_budget: float = setting(0.0, "VOLCV_MONTHLY_BUDGET", bounds=(0, 1_000_000))
    prices: str = setting("", "VOLCV_PRICES", sandbox=False, clean=canonical_prices, form="prices")

    @property
    def native(self) -> bool:
        """Whether requests are signed for the vendor's own service; a gateway key takes precedence."""
        return bool(self.access_key and self.secret_key and not self.api_key)

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(filter(None, (getattr(self, name) for name in SECRETS)))

    def ready(self) -> Profile:
        """This profile with a normalized ``base_url``. Raises SetupError if a credential or the address is missing."""
        if self.name == SANDBOX:
            return self
        if self.native:
            return replace(self, base_url=normalize_base_url(self.base_url or NATIVE_URL))
        if not self.api_key or not self.base_url:
            raise SetupError("no_base_url" if self.api_key else "no_key" if self.base_url else "not_configured")
        return replace(self, base_url=normalize_base_url(self.base_url))


SETTINGS: Mapping[str, Setting] = {one.name: one.metadata["setting"] for one in fields(Profile) if one.metadata}
"""Field of :class:`Profile` -> its description, in the order in which they are shown."""

SECRETS = tuple(name for name, one in SETTINGS.items() if one.secret)


def settings_of(name: str) -> dict[str, Setting]:
    """The fields that the profile of that name may hold."""
    return {key: one for key, one in SETTINGS.items() if one.sandbox or name != SANDBOX}


def normalize_base_url(base_url: str) -> str:
    """Scheme, host and prefix of the gateway, without the API path. Raises SetupError if it is no http(s) URL."""
    text = base_url.strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in DEFAULT_PORTS and bool(parts.hostname) and not (parts.query or parts.fragment)
        usable = usable and parts.username is None and (parts.port is None or parts.port > 0)
        origin = origin_of(text)
    except ValueError:
        usable = False
    if not usable:
        raise SetupError("bad_base_url", url=redact(text.split("@")[-1].split("?")[0])[:200])
    return origin + parts.path.rstrip("/").removesuffix(GATEWAY_PATH).rstrip("/")


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL: lower case, without the scheme's own port. Raises ValueError for a bad URL."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    shown = f"[{host}]" if "[" in parts.netloc else host
    port = "" if parts.port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"


_default_home: Path | None = None


def set_default_home(folder: Path) -> None:
    """State folder for this process while ``VOLCV_HOME`` is not set."""
    global _default_home
    _default_home = folder


def home() -> Path:
    """State folder: ``VOLCV_HOME``, else the default of the process, of the surrounding ComfyUI, ``~/.volcv``."""
    if named := environ.get("VOLCV_HOME"):
        return Path(named).expanduser()
    return _default_home or comfyui_home(Path(__file__)) or Path.home() / ".volcv"


def comfyui_home(file: Path) -> Path | None:
    """State folder of the ComfyUI that has this pack's ``file`` in its custom_nodes; None outside of a ComfyUI.

    With it the ``volcv`` command shares settings and results with the nodes.
    """
    pack = file.absolute().parents[2]
    folder = pack.parent.parent / "user" / "__volcv"
    return folder if pack.parent.name == "custom_nodes" and folder.is_dir() else None


def config_file() -> Path:
    return home() / "config.json"


def load_file() -> dict[str, Any]:
    """Content of ``config.json``: ``{"active": name, "profiles": {...}, ...}``; empty if there is no file.

    Raises SetupError if it cannot be read.
    """
    path = config_file()
    try:
        content = path.read_bytes()
        if content.startswith(UTF_16_STARTS):
            raise SetupError("config_utf16", path=str(path))
        loaded = json.loads(content.decode("utf-8-sig"))  # with or without a byte order mark
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise SetupError("bad_config", path=str(path), problem=type(error).__name__) from None
    profiles = loaded.get("profiles", {}) if isinstance(loaded, dict) else None
    if not isinstance(profiles, dict) or not all(isinstance(one, dict) for one in profiles.values()):
        raise SetupError("bad_config", path=str(path), problem="profiles")
    return dict(loaded)


def active_name(content: Mapping[str, Any] | None = None) -> str:
    """Name of the active profile: ``VOLCV_PROFILE``, else ``active`` of the file, else "default"."""
    return environ.get("VOLCV_PROFILE") or stored_active(load_file() if content is None else content)


def stored_active(content: Mapping[str, Any]) -> str:
    """Name of the file's active profile, regardless of the environment."""
    return str(content.get("active") or DEFAULT_PROFILE)


def profile_names(content: Mapping[str, Any]) -> list[str]:
    """All profiles: "default" first, then those of the file by name, "sandbox" last."""
    own = sorted(name for name in content.get("profiles", {}) if name not in (DEFAULT_PROFILE, SANDBOX))
    return [DEFAULT_PROFILE, *own, SANDBOX]


def stored_values(name: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """What the file holds of a profile, unchecked. Raises SetupError for an unknown name."""
    if name not in (known := profile_names(content)):
        raise SetupError("unknown_profile", name=name, known=", ".join(known))
    return dict(content.get("profiles", {}).get(name, {}))


def read_field(key: str, name: str, stored: Mapping[str, Any]) -> Any:
    """Effective value of a profile's field; ``stored``: the profile in the file.

    Raises SetupError for a bad value; it names the source and never shows a secret.
    """
    one = SETTINGS[key]
    variable = one.variable
    raw = environ.get(variable) if variable else stored.get(key)
    if raw is None or raw == "":
        return one.default
    source = variable or f"config.json, profile {name}"
    try:
        value = one.parse(raw)
    except ValueError:
        raise SetupError("bad_setting", setting=key, source=source, allowed=one.allowed) from None
    if one.secret and value != str(raw):
        warn_of_cleaning(key, source)
    return value


@cache
def warn_of_cleaning(key: str, source: str) -> None:
    """Log that a secret is used without what stands around it; once per process, as it is read for every run."""
    log.warning("%s from %s: spaces, quotes or the word Bearer around it are ignored", key, source)


def profile(name: str | None = None) -> Profile:
    """The named (default: active) profile; the environment wins over the file.

    The sandbox profile ignores credentials and addresses from either: it must never send them anywhere.
    Raises SetupError for an unknown name or a bad value.
    """
    content = load_file()
    name = name or active_name(content)
    stored = stored_values(name, content)
    return Profile(name, **{key: read_field(key, name, stored) for key in settings_of(name)})


def stored_language() -> str:
    """The language chosen in ``config.json``, or "auto". Never raises: errors are shown in this language."""
    try:
        chosen = load_file().get("language")
    except SetupError:
        return AUTO_LANGUAGE
    return chosen if chosen in LANGUAGES else AUTO_LANGUAGE

"""Configuration: which source wins, what is refused, how the file is kept."""

from __future__ import annotations

import errno
import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from volcv_client import config
from volcv_client.config import Profile, edit, load_file, normalize_base_url, profile, profiles
from volcv_client.config.edit import field_states, save_file, set_values
from volcv_client.errors import SetupError

from .helpers import SMALL, client_for, make

STORED = {"base_url": "https://stored.example", "api_key": "stored-key", "max_concurrency": 4, "timeout": 60}


def keep(default: dict[str, Any] | None = None, **more: Any) -> None:
    save_file({"profiles": {"default": default or {}, **more.pop("profiles", {})}, **more})


def problem(name: str | None = None) -> SetupError:
    with pytest.raises(SetupError) as caught:
        profile(name).ready()
    return caught.value


def test_nothing_configured_is_one_helpful_sentence() -> None:
    error = problem()
    assert error.key == "not_configured"
    for part in ("VOLCV_BASE_URL", "VOLCV_API_KEY", "sandbox"):
        assert part in str(error)


@pytest.mark.parametrize(
    ("stored", "key"), [({"api_key": "k"}, "no_base_url"), ({"base_url": "https://gateway.example"}, "no_key")]
)
def test_what_is_missing_is_named(stored: dict[str, Any], key: str) -> None:
    keep(stored)
    assert problem().key == key


def test_the_file_with_its_sources() -> None:
    keep({**STORED, "lossless": True, "reuse": False})
    one = profile().ready()
    assert (one.base_url, one.api_key) == ("https://stored.example", "stored-key")
    assert (one.max_concurrency, one.timeout, one.lossless, one.reuse) == (4, 60.0, True, False)
    assert field_states("default", load_file())["api_key"].source == "profile"


ENVIRONMENT = {
    "VOLCV_API_KEY": ("api_key", "from-env", "from-env"),
    "VOLCV_BASE_URL": ("base_url", "https://env.example", "https://env.example"),
    "VOLCV_ACCESS_KEY": ("access_key", "AKLT", "AKLT"),
    "VOLCV_SECRET_KEY": ("secret_key", "sk", "sk"),
    "VOLCV_SESSION_TOKEN": ("session_token", "st", "st"),
    "VOLCV_MAX_CONCURRENCY": ("max_concurrency", "7", 7),
    "VOLCV_TIMEOUT": ("timeout", "12.5", 12.5),
    "VOLCV_TRUSTED_HOSTS": ("trusted_hosts", "NAS.lan  100.64.0.0/10", "nas.lan, 100.64.0.0/10"),
    "VOLCV_EXIT_WAIT": ("exit_wait", "0.5", 0.5),
    "VOLCV_DAILY_LIMIT": ("daily_limit", "20", 20),
    "VOLCV_MONTHLY_LIMIT": ("monthly_limit", "300", 300),
    "VOLC_ACCESSKEY": ("access_key", "AKLT2", "AKLT2"),
    "VOLC_SECRETKEY": ("secret_key", "sk2", "sk2"),
}


@pytest.mark.parametrize("variable", ENVIRONMENT)
def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    field, text, value = ENVIRONMENT[variable]
    keep({**STORED, "access_key": "a", "secret_key": "b", "session_token": "c"})
    monkeypatch.setenv(variable, f" {text} ")
    one = profile()
    assert getattr(one, field) == value
    states = field_states("default", load_file())
    assert (states[field].source, states[field].variable) == ("environment", variable)
    assert states["base_url" if field != "base_url" else "api_key"].source == "profile"


def test_our_names_win_over_the_vendor_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLC_ACCESSKEY", "theirs")
    monkeypatch.setenv("VOLCV_ACCESS_KEY", "ours")
    assert profile().access_key == "ours"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(STORED)
    monkeypatch.setenv("VOLCV_API_KEY", "")
    assert profile().api_key == "stored-key"


def test_profiles_by_name_by_file_and_by_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(STORED, profiles={"work": {**STORED, "api_key": "work-key"}}, active="work")
    assert profile().name == "work"
    assert profile("default").api_key == "stored-key"
    monkeypatch.setenv("VOLCV_PROFILE", "default")
    assert profile().api_key == "stored-key"
    monkeypatch.setenv("VOLCV_PROFILE", "elsewhere")
    error = problem()
    for name in ("elsewhere", "default", "sandbox", "work"):
        assert name in str(error)


def test_the_sandbox_always_exists_and_ignores_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, (_, text, _) in ENVIRONMENT.items():
        monkeypatch.setenv(variable, text)
    keep(STORED, profiles={"sandbox": {"api_key": "x", "base_url": "https://real.example", "lossless": True}})
    one = profile("sandbox").ready()
    assert one.secrets == ()
    assert one.base_url == ""
    assert not one.native
    assert (one.lossless, one.max_concurrency) == (True, 7)


def test_the_sandbox_profile_makes_pictures_without_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_PROFILE", "sandbox")
    assert make(client_for(profile()), SMALL).pictures[0].pixels().shape == (64, 64, 3)


def test_an_access_key_pair_signs_at_the_native_service_unless_there_is_a_gateway_key() -> None:
    native = Profile(access_key="a", secret_key="b").ready()
    assert native.native
    assert native.base_url == "https://visual.volcengineapi.com"
    assert not Profile(access_key="a", secret_key="b", api_key="k", base_url="https://gateway.example").ready().native
    with pytest.raises(SetupError):
        Profile(access_key="a").ready()


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://gateway.example", "https://gateway.example"),
        (" https://gateway.example/ ", "https://gateway.example"),
        ("https://gateway.example/volcv/v1", "https://gateway.example"),
        ("https://gateway.example/volcv/v1/", "https://gateway.example"),
        ("http://127.0.0.1:8188", "http://127.0.0.1:8188"),
        ("https://gateway.example/prefix/", "https://gateway.example/prefix"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_gateway_addresses(given: str, origin: str) -> None:
    assert normalize_base_url(given) == origin


@pytest.mark.parametrize(
    "given",
    [
        "gateway.example",
        "ftp://gateway.example",
        "https://",
        "https://user:secret-word@gateway.example",
        "https://gateway.example?key=secret-word",
        "https://gateway.example#x",
        "https://gateway.example:99999",
        "https://[",
        "file:///etc/passwd",
        "",
    ],
)
def test_addresses_that_cannot_be_one(given: str) -> None:
    with pytest.raises(SetupError) as caught:
        normalize_base_url(given)
    assert caught.value.key == "bad_base_url"
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("VOLCV_MAX_CONCURRENCY", "0"),
        ("VOLCV_MAX_CONCURRENCY", "65"),
        ("VOLCV_MAX_CONCURRENCY", "two"),
        ("VOLCV_TIMEOUT", "0"),
        ("VOLCV_TIMEOUT", "nan"),
        ("VOLCV_TIMEOUT", "inf"),
        ("VOLCV_EXIT_WAIT", "-1"),
        ("VOLCV_EXIT_WAIT", "3601"),
        ("VOLCV_DAILY_LIMIT", "-1"),
        ("VOLCV_DAILY_LIMIT", "2.5"),
        ("VOLCV_MONTHLY_LIMIT", "1000001"),
        ("VOLCV_API_KEY", "k\u00e9y-secret"),
        ("VOLCV_SECRET_KEY", "a\tb-secret"),
    ],
)
def test_a_bad_variable_is_named_but_a_secret_not_shown(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    error = problem()
    assert error.key == "bad_setting"
    assert variable in str(error)
    assert "secret" not in str(error).replace("secret_key", "")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '"x"', '{"profiles": []}', '{"profiles": {"default": 3}}', "\ufeff\x00"]
)
def test_an_unreadable_file_is_named(content: str) -> None:
    config.home().mkdir(parents=True)
    config.config_file().write_text(content, encoding="utf-8")
    error = problem()
    assert error.key == "bad_config"
    assert str(config.config_file()) in str(error)


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes there")
def test_only_the_owner_may_read_the_file() -> None:
    keep(STORED)
    assert config.config_file().stat().st_mode & 0o777 == 0o600
    assert config.home().stat().st_mode & 0o777 == 0o700
    config.home().chmod(0o755)
    config.config_file().chmod(0o644)
    keep(STORED)
    assert config.config_file().stat().st_mode & 0o777 == 0o600
    assert config.home().stat().st_mode & 0o777 == 0o700


def test_a_reader_never_sees_half_a_file() -> None:
    contents = [{"profiles": {"default": {"api_key": str(number) * 5000}}} for number in range(2)]
    save_file(contents[0])
    stop = threading.Event()
    seen: list[str] = []

    def read() -> None:
        while not stop.is_set():
            seen.append(profile().api_key)

    thread = threading.Thread(target=read)
    thread.start()
    for number in range(60):
        save_file(contents[number % 2])
    stop.set()
    thread.join()
    assert len(seen) > 5
    assert {len(key) for key in seen} == {5000}


def test_a_failed_write_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(STORED)
    before = config.config_file().read_bytes()
    with pytest.raises(TypeError):
        save_file({"profiles": {"default": {"api_key": {1, 2}}}})
    assert config.config_file().read_bytes() == before
    assert json.loads(before)["profiles"]["default"] == STORED
    assert [path.name for path in config.home().iterdir()] == ["config.json"]


def test_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(profiles, "_default_home", None)
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path / "a"))
    assert config.home() == tmp_path / "a"
    monkeypatch.delenv("VOLCV_HOME")
    assert config.home() == Path.home() / ".volcv"
    config.set_default_home(tmp_path / "b")
    assert config.home() == tmp_path / "b"


def test_the_command_finds_the_state_of_the_comfyui_that_it_is_installed_in(tmp_path: Path) -> None:
    file = tmp_path / "custom_nodes" / "any-name" / "volcv_client" / "config" / "__init__.py"
    assert profiles.comfyui_home(file) is None
    state = tmp_path / "user" / "__volcv"
    state.mkdir(parents=True)
    assert profiles.comfyui_home(file) == state
    assert profiles.comfyui_home(tmp_path / "packs" / "any-name" / "volcv_client" / "config" / "__init__.py") is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("minio.lan", "minio.lan"),
        ("MinIO.lan. , nas", "minio.lan, nas"),
        ("a.lan\uff0cb.lan\u3001c.lan;d.lan\n", "a.lan, b.lan, c.lan, d.lan"),
        ("*.example.lan 10.0.0.5 10.0.0.5", "*.example.lan, 10.0.0.5"),
        ("10.0.0.5/24 100.64.0.0/10", "10.0.0.0/24, 100.64.0.0/10"),
        ("[fd00::1] fd7a:115c:a1e0::/48", "fd00::1, fd7a:115c:a1e0::/48"),
        ("\u5185\u7f51.lan", "xn--v6q792i.lan"),
        (" , ", ""),
    ],
)
def test_trusted_hosts_as_they_are_written(monkeypatch: pytest.MonkeyPatch, text: str, meant: str) -> None:
    monkeypatch.setenv("VOLCV_TRUSTED_HOSTS", text)
    assert profile().trusted_hosts == meant
    monkeypatch.delenv("VOLCV_TRUSTED_HOSTS")
    set_values("default", {"trusted_hosts": text})
    assert load_file()["profiles"]["default"]["trusted_hosts"] == meant == profile().trusted_hosts


@pytest.mark.parametrize(
    "text",
    [
        *("http://minio.lan", "minio.lan:9000", "10.0.0.5:9000", "minio.lan/path", "a.lan https://b.lan", "x" * 64),
        *("*", "a.*.lan", "x*.lan", "0.0.0.0/0", "::/0", "10.0.0", "300.1.1.1", "10.0.0.0/33", "2130706433", "a..b"),
    ],
)
def test_trusted_hosts_that_cannot_be_meant(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(SetupError) as caught:
        set_values("default", {"trusted_hosts": text})
    assert caught.value.key == "bad_value" and "100.64.0.0/10" in str(caught.value) and load_file() == {}
    monkeypatch.setenv("VOLCV_TRUSTED_HOSTS", text)
    error = problem()
    assert error.key == "bad_setting" and "VOLCV_TRUSTED_HOSTS" in str(error) and "100.64.0.0/10" in str(error)


def test_the_sandbox_trusts_no_further_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_TRUSTED_HOSTS", "minio.lan")
    assert profile("sandbox").trusted_hosts == ""
    with pytest.raises(SetupError):
        set_values("sandbox", {"trusted_hosts": "minio.lan"})


PASTED = {
    "bearer": "Bearer sk-canary-1",
    "header": "Authorization: bearer  sk-canary-1",
    "quotes": '"sk-canary-1"',
    "single quotes": "'sk-canary-1'",
    "typographic quotes": "\u201csk-canary-1\u201d",
    "bearer in quotes": '"Bearer sk-canary-1"',
    "quotes after bearer": "Bearer 'sk-canary-1'",
    "line end": "sk-canary-1\r\n",
    "full-width space": "\u3000sk-canary-1\u3000",
    "no-break space": "sk-canary-1\u00a0",
    "no width": "\ufeffsk-canary-1\u200b",
    "everything": ' \u200b"Bearer\u3000sk-canary-1"\n\u200b',
}


@pytest.mark.parametrize("key", PASTED.values(), ids=PASTED)
@pytest.mark.parametrize("source", ["environment", "file"])
def test_what_was_pasted_around_a_key_is_ignored_and_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, source: str, key: str
) -> None:
    profiles.warn_of_cleaning.cache_clear()
    if source == "environment":
        monkeypatch.setenv("VOLCV_API_KEY", key)
    else:
        keep({"api_key": key})
    for _ in range(3):
        assert profile().api_key == "sk-canary-1"
        field_states("default", load_file())
    (record,) = caplog.records
    assert ("VOLCV_API_KEY" if source == "environment" else "config.json, profile default") in record.getMessage()
    assert "canary" not in record.getMessage()


@pytest.mark.parametrize("key", PASTED.values(), ids=PASTED)
def test_what_was_pasted_around_a_key_is_not_stored(caplog: pytest.LogCaptureFixture, key: str) -> None:
    assert set_values("default", {"api_key": key, "secret_key": "as-it-is", "timeout": "9"}) == ["api_key"]
    assert load_file()["profiles"]["default"] == {"api_key": "sk-canary-1", "secret_key": "as-it-is", "timeout": 9.0}
    assert profile().api_key == "sk-canary-1" and caplog.records == []


@pytest.mark.parametrize("key", ["sk-\u5bc6\u94a5", "sk-a\u200bb", "two\nlines", "Bearer ", '""', "\u200b", "'\u3000'"])
def test_keys_that_cannot_be_one(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    with pytest.raises(SetupError) as caught:
        set_values("default", {"api_key": key})
    assert caught.value.key == "bad_value" and load_file() == {}
    monkeypatch.setenv("VOLCV_API_KEY", key)
    assert problem().key == "bad_setting"


@pytest.mark.parametrize("key", ["sk-bearer", "bearer-token-1", "AKLT=='x'==", "Bearers"])
def test_keys_are_left_as_they_are(key: str) -> None:
    assert set_values("default", {"api_key": key}) == [] and profile().api_key == key


def test_a_file_with_a_byte_order_mark_is_read_and_written_without(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(STORED)
    file = config.config_file()
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert profile().api_key == "stored-key"
    set_values("default", {"timeout": 5})
    assert file.read_bytes().startswith(b"{") and profile().timeout == 5.0


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_file_in_utf_16_is_refused_by_name(encoding: str) -> None:
    keep(STORED)
    file = config.config_file()
    content = file.read_text(encoding="utf-8").encode(encoding)
    file.write_bytes(content)
    error = problem()
    assert error.key == "config_utf16" and "UTF-16" in str(error) and "UTF-8" in str(error)
    with pytest.raises(SetupError):
        set_values("default", {"timeout": 5})
    assert file.read_bytes() == content, "not overwritten"


def test_a_folder_whose_rights_cannot_be_changed_works(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mounted volume of another owner, or one without rights such as FAT."""
    config.home().mkdir(mode=0o777)
    config.home().chmod(0o777)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    keep(STORED)
    assert profile().api_key == "stored-key"
    (record,) = caplog.records
    assert record.levelname == "WARNING" and str(config.home()) in record.getMessage()


class Locked:
    """Path.replace as on Windows while another program has the target open: refused the first times."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.replace = Path.replace

    def __call__(self, source: Path, target: Path) -> Path:
        self.left -= 1
        if self.left >= 0:
            raise PermissionError(errno.EACCES, "Access is denied")
        return self.replace(source, target)


def test_a_file_that_another_program_has_open_is_replaced_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(STORED)
    locked = Locked(3)
    monkeypatch.setattr(Path, "replace", lambda source, target: locked(source, target))
    set_values("default", {"timeout": 5})
    assert profile().timeout == 5.0 and locked.left == -1


def test_a_file_that_stays_open_is_an_error_and_keeps_its_content(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(STORED)
    before = config.config_file().read_bytes()
    locked = Locked(1_000_000)
    monkeypatch.setattr(edit, "REPLACE_SECONDS", 0.2)
    monkeypatch.setattr(Path, "replace", lambda source, target: locked(source, target))
    with pytest.raises(SetupError) as caught:
        set_values("default", {"timeout": 5})
    assert caught.value.key == "config_not_written" and "denied" in str(caught.value)
    assert config.config_file().read_bytes() == before and locked.left < 999_998
    assert not list(config.home().glob("config-*"))


def test_limits_and_the_wait_on_exit_have_harmless_defaults() -> None:
    one = Profile()
    assert (one.exit_wait, one.daily_limit, one.monthly_limit) == (30.0, 0, 0)
    keep({"exit_wait": 0, "daily_limit": 0, "monthly_limit": 5})
    one = profile()
    assert (one.exit_wait, one.daily_limit, one.monthly_limit) == (0.0, 0, 5)
    assert field_states("default", load_file())["daily_limit"].source == "profile"

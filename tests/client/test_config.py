"""Configuration: which source wins, what is refused, how the file is kept."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from volcv_client import config
from volcv_client.config import Profile, load_file, normalize_base_url, profile, profiles
from volcv_client.config.edit import field_states, save_file
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
    "VOLCV_DAILY_BUDGET": ("daily_budget", "2.5", 2.5),
    "VOLCV_MONTHLY_BUDGET": ("monthly_budget", "40", 40.0),
    "VOLCV_PRICES": ("prices", "0.1; usd  a_key = 0.25 / picture", "USD, *=0.1, a_key=0.25/picture"),
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
        ("http://[::1]:80", "http://[::1]"),
        ("http://[FE80::1%25Eth0]:8080/p", "http://[fe80::1%25Eth0]:8080/p"),
        ("HTTPS://Gateway.EXAMPLE:443/Prefix/volcv/v1", "https://gateway.example/Prefix"),
        ("http://gateway.example:0080", "http://gateway.example"),
        ("http://gateway.example:443", "http://gateway.example:443"),
        ("https://gateway.example:80/", "https://gateway.example:80"),
        ("https://gateway.example:/volcv/v1", "https://gateway.example"),
        ("https://gateway.example?#", "https://gateway.example"),
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
        "https://USER@gateway.example:443",
        "https://gateway.example:0",
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


def test_limits_and_the_wait_on_exit_have_harmless_defaults() -> None:
    one = Profile()
    assert (one.exit_wait, one.daily_limit, one.monthly_limit) == (30.0, 0, 0)
    keep({"exit_wait": 0, "daily_limit": 0, "monthly_limit": 5})
    one = profile()
    assert (one.exit_wait, one.daily_limit, one.monthly_limit) == (0.0, 0, 5)
    assert field_states("default", load_file())["daily_limit"].source == "profile"

"""Settings as people write them: pasted keys, lists of hosts, files of other editors and other file systems."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from volcv_client import config
from volcv_client.config import edit, load_file, profile, profiles
from volcv_client.config.edit import field_states, set_values
from volcv_client.errors import SetupError

from .helpers import KEY, SMALL, client_for, make, success
from .test_config import STORED, keep, problem
from .wire import Script, WireServer, response


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


@pytest.mark.parametrize(("given", "path"), [("/volcv/v1", "/volcv/v1"), (" /proxy/volcv/v1/ ", "/proxy/volcv/v1")])
def test_a_gateway_with_another_path(monkeypatch: pytest.MonkeyPatch, given: str, path: str) -> None:
    monkeypatch.setenv("VOLCV_GATEWAY_PATH", given)
    assert profile().gateway_path == path


@pytest.mark.parametrize("given", ["volcv/v1", "/", "/a?b=1", "/a b", "//host/x", "https://host/x", "/a/../../b c"])
def test_a_path_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("VOLCV_GATEWAY_PATH", given)
    with pytest.raises(SetupError, match="/volcv/v1"):
        profile()


def test_calls_go_to_that_path() -> None:
    with WireServer(Script(send=response(success()))) as server:
        make(client_for(config.Profile(base_url=server.url, api_key=KEY, gateway_path="/proxy/volcv")), SMALL)
    assert server.requests[0].startswith(b"POST /proxy/volcv?Action=CVProcess&")

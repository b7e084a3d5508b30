"""What the settings panel's routes do, without a server: who may change what, and that no secret comes back."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from volcv_pack.nodes.server import settings
from volcv_pack.nodes.server.settings import Requester
from volcv_pack.volcv_client import config, messages
from volcv_pack.volcv_client.config import edit
from volcv_pack.volcv_client.errors import SetupError

from tests.gateway import Gateway

KEY = "sk-canary-0123456789abcdWXYZ"
LOCAL = Requester("127.0.0.1", "127.0.0.1:8188", "http://127.0.0.1:8188", "application/json")
STRANGER = Requester("192.168.1.20", "192.168.1.5:8188", "http://192.168.1.5:8188", "application/json")


def save(body: object, client: Requester = LOCAL) -> tuple[int, dict[str, Any]]:
    status, answer = settings.save(client, body if isinstance(body, bytes) else json.dumps(body).encode())
    return status, answer


def stored() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(config.config_file().read_text(encoding="utf-8"))
    return found


def test_status_with_nothing_configured() -> None:
    code, status = settings.status(LOCAL)
    assert code == 200
    assert status["profiles"] == ["default", "sandbox"]
    assert status["active"] == status["profile"] == "default"
    assert not status["configured"]
    assert "VOLCV_BASE_URL" in status["problem"] and status["missing"]
    assert status["writable"] and not status["refusal"]
    assert status["fields"]["api_key"] == {
        "source": "default", "variable": "", "problem": "", "configured": False, "last4": "",
    }  # fmt: skip
    assert status["fields"]["max_concurrency"]["default"] == 2
    assert not config.config_file().exists(), "looking must not write"


def test_a_key_goes_in_and_only_four_characters_come_out() -> None:
    code, status = save({"profile": "default", "values": {"api_key": f"  {KEY}\n", "base_url": "https://g.example/"}})
    assert code == 200
    assert status["configured"] and not status["problem"]
    assert status["fields"]["api_key"]["last4"] == "WXYZ"
    assert status["fields"]["api_key"]["source"] == "profile"
    assert status["fields"]["base_url"]["value"] == "https://g.example"
    assert KEY not in json.dumps([status, settings.status(LOCAL)])
    assert config.profile().api_key == KEY
    assert config.config_file().stat().st_mode & 0o777 == 0o600
    assert config.home().stat().st_mode & 0o777 == 0o700
    code, status = save({"values": {"api_key": None}})
    assert code == 200 and not status["fields"]["api_key"]["configured"]
    assert "api_key" not in stored()["profiles"]["default"]


@pytest.mark.parametrize("pasted", [f"Bearer {KEY}", f'"{KEY}"', f"\u3000{KEY}\u200b\r\n"])
def test_what_was_pasted_around_a_key_is_left_out_and_said_once(pasted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    code, status = save({"values": {"api_key": pasted, "timeout": 9}})
    assert code == 200 and status["notes"].keys() == {"api_key"} and "Bearer" in status["notes"]["api_key"]
    assert stored()["profiles"]["default"]["api_key"] == KEY
    assert KEY not in json.dumps(status) and "notes" not in settings.status(LOCAL)[1]
    assert "notes" not in save({"values": {"api_key": KEY}})[1]
    monkeypatch.setenv("VOLCV_LANG", "zh")
    assert "\u5f15\u53f7" in save({"values": {"api_key": pasted}})[1]["notes"]["api_key"]


def test_trusted_hosts_are_checked_and_shown_as_stored() -> None:
    code, status = save({"values": {"trusted_hosts": "MinIO.lan\uff0c100.64.1.1/10"}})
    assert code == 200 and status["fields"]["trusted_hosts"]["value"] == "minio.lan, 100.64.0.0/10"
    code, answer = save({"values": {"trusted_hosts": "http://minio.lan:9000"}})
    assert code == 400 and "trusted_hosts" in answer["error"] and "*.example.lan" in answer["error"]
    assert stored()["profiles"]["default"] == {"trusted_hosts": "minio.lan, 100.64.0.0/10"}


@pytest.mark.parametrize("secret", config.SECRETS)
def test_every_secret_is_write_only(secret: str) -> None:
    _, status = save({"values": {secret: KEY}})
    assert "value" not in status["fields"][secret] and KEY not in json.dumps(status)


def test_a_short_secret_shows_nothing() -> None:
    _, status = save({"values": {"api_key": "short"}})
    assert status["fields"]["api_key"]["configured"] and status["fields"]["api_key"]["last4"] == ""


@pytest.mark.parametrize(
    "values",
    [
        {"max_concurrency": 0}, {"max_concurrency": 65}, {"max_concurrency": "many"}, {"max_concurrency": True},
        {"timeout": 0}, {"timeout": "nan"}, {"timeout": 1e9}, {"lossless": "perhaps"}, {"reuse": 7},
        {"exit_wait": -1}, {"daily_limit": 1.5}, {"monthly_limit": -1},
        {"base_url": "gateway.example"}, {"base_url": "ftp://g.example"}, {"base_url": "https://u:p@g.example"},
        {"api_key": "two\nlines"}, {"api_key": "\u5bc6\u94a5"}, {"api_key": ["list"]}, {"no_such": "x"},
        {"base_url": KEY}, {"max_concurrency": KEY}, {"__proto__": KEY},
    ],
)  # fmt: skip
def test_bad_values_change_nothing_and_are_not_repeated(values: dict[str, object]) -> None:
    save({"values": {"max_concurrency": 3}})
    before = config.config_file().read_bytes()
    code, answer = save({"values": {"timeout": 9, **values}})
    assert code == 400 and set(answer) == {"error"}
    assert answer["error"] and "canary" not in answer["error"] and "\n" not in answer["error"]
    assert config.config_file().read_bytes() == before


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"values": []}'])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    assert save(body)[0] == 400


def test_errors_are_in_the_users_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_LANG", "zh")
    _, answer = save({"values": {"timeout": -1}})
    assert messages.texts("zh")["error.bad_value.message"].format(setting="timeout") in answer["error"]


REFUSED = {
    "another computer": STRANGER,
    "another computer that claims to be this one": Requester("10.0.0.9", "127.0.0.1:8188", None, "application/json"),
    "behind a proxy on this computer": Requester(**{**vars(LOCAL), "forwarded": "10.0.0.9"}),
    "a proxy header that claims loopback": Requester(**{**vars(LOCAL), "forwarded": "127.0.0.1"}),
    "a foreign name that leads here": Requester("127.0.0.1", "evil.example:8188", "http://evil.example:8188",
                                             "application/json"),
    "another page": Requester(**{**vars(LOCAL), "origin": "https://evil.example"}),
    "another port of this computer": Requester(**{**vars(LOCAL), "origin": "http://127.0.0.1:3000"}),
    "a page without an origin": Requester(**{**vars(LOCAL), "origin": "null"}),
    "no host at all": Requester("127.0.0.1", "", "null", "application/json"),
    "no address at all": Requester("", "127.0.0.1:8188", None, "application/json"),
    "a broken host": Requester("127.0.0.1", "[::1", None, "application/json"),
}  # fmt: skip
ALLOWED = {
    "the browser": LOCAL,
    "a program": Requester("127.0.0.1", "127.0.0.1:8188", None, "application/json; charset=utf-8"),
    "by name": Requester("127.0.0.1", "localhost:8188", "http://localhost:8188", "application/json"),
    "IPv6": Requester("::1", "[::1]:8188", "http://[::1]:8188", "application/json"),
    "IPv4 in IPv6": Requester("::ffff:127.0.0.1", "127.0.0.1:8188", None, "application/json"),
    "default port": Requester("127.0.0.1", "127.0.0.1", "http://127.0.0.1:80", "application/json"),
}
ACTIONS = {
    "save": lambda client: settings.save(client, b'{"values": {"timeout": 9}}'),
    "language": lambda client: settings.save(client, b'{"language": "zh"}'),
    "activate": lambda client: settings.activate(client, b'{"active": "sandbox"}'),
    "delete": lambda client: settings.delete(client, b"", "default"),
    "test": lambda client: settings.check_profile(client, b"{}"),
    "check": lambda client: settings.check_all(client, b"{}"),
}


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", REFUSED)
def test_strangers_change_nothing(who: str, action: str) -> None:
    code, answer = ACTIONS[action](REFUSED[who])
    assert code == 403
    assert "127.0.0.1" in answer["error"] or "another web page" in answer["error"]
    assert not config.config_file().exists()
    assert not settings.status(REFUSED[who])[1]["writable"]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("who", ALLOWED)
def test_this_computers_browser_may(who: str, action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOLCV_LANG")
    assert ACTIONS[action](ALLOWED[who])[0] == 200


def test_only_json_is_taken() -> None:
    for kind in ("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        client = Requester(**{**vars(LOCAL), "content_type": kind})
        assert all(action(client)[0] == 400 for action in ACTIONS.values())
    assert not config.config_file().exists()


def test_the_environment_can_let_strangers_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_ALLOW_REMOTE_SETTINGS", "1")
    assert ACTIONS["save"](STRANGER)[0] == 200
    assert settings.status(STRANGER)[1]["writable"]
    assert ACTIONS["save"](Requester(**{**vars(STRANGER), "origin": "https://evil.example"}))[0] == 403
    monkeypatch.setenv("VOLCV_ALLOW_REMOTE_SETTINGS", "0")
    assert ACTIONS["save"](STRANGER)[0] == 403


def test_what_the_environment_sets_is_read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_API_KEY", KEY)
    monkeypatch.setenv("VOLCV_TIMEOUT", "12")
    monkeypatch.setenv("VOLC_ACCESSKEY", "AK-official-name")
    status = settings.status(LOCAL)[1]
    assert status["overrides"] == {
        "api_key": "VOLCV_API_KEY", "timeout": "VOLCV_TIMEOUT", "access_key": "VOLC_ACCESSKEY",
    }  # fmt: skip
    assert status["fields"]["api_key"]["source"] == "environment" and status["fields"]["timeout"]["value"] == 12
    code, answer = save({"values": {"timeout": 5, "lossless": True}})
    assert code == 400 and "VOLCV_TIMEOUT" in answer["error"]
    assert not config.config_file().exists()
    assert KEY not in json.dumps(status)
    monkeypatch.setenv("VOLCV_PROFILE", "sandbox")
    code, answer = settings.activate(LOCAL, b'{"active": "default"}')
    assert code == 400 and "VOLCV_PROFILE" in answer["error"]
    code, answer = save({"language": "zh"})
    assert code == 400 and "VOLCV_LANG" in answer["error"]


def test_status_survives_a_broken_environment_and_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCV_TIMEOUT", "soon")
    monkeypatch.setenv("VOLCV_PROFILE", "gone")
    code, status = settings.status(LOCAL)
    assert code == 200 and not status["configured"] and '"gone"' in status["problem"]
    assert "VOLCV_TIMEOUT" in status["fields"]["timeout"]["problem"]
    config.home().mkdir()
    config.config_file().write_text('{"profiles": 3', encoding="utf-8")
    code, status = settings.status(LOCAL)
    assert code == 200 and "config.json" in status["problem"] and not status["missing"]
    code, answer = save({"values": {"lossless": True}})
    assert code == 400 and "config.json" in answer["error"]
    assert config.config_file().read_text(encoding="utf-8") == '{"profiles": 3', "a broken file is not overwritten"


def test_a_config_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("VOLCV_HOME", str(tmp_path / "file"))
    code, answer = save({"values": {"lossless": True}})
    assert code == 400 and str(tmp_path) in answer["error"]


def test_profiles_are_made_switched_and_deleted() -> None:
    save({"values": {"lossless": True}})
    assert settings.activate(LOCAL, b'{"active": "studio-2"}')[1]["profiles"] == ["default", "studio-2", "sandbox"]
    save({"values": {"api_key": KEY}})
    assert stored()["profiles"]["studio-2"] == {"api_key": KEY}
    status = settings.activate(LOCAL, b'{"active": "sandbox"}')[1]
    assert status["configured"] and status["before_sandbox"] == "studio-2"
    assert not {"api_key", "base_url"} & set(status["fields"])
    assert save({"values": {"api_key": KEY}})[0] == 400
    assert settings.activate(LOCAL, b'{"active": "studio-2"}')[0] == 200
    status = settings.delete(LOCAL, b"", "studio-2")[1]
    assert status["active"] == "default" and status["before_sandbox"] == "default"
    assert KEY not in config.config_file().read_text(encoding="utf-8")
    assert settings.delete(LOCAL, b"", "studio-2")[0] == 400
    for name in ("", "x" * 41, "a b", "../x", "\u00e4", 7, None, ["x"]):
        assert settings.activate(LOCAL, json.dumps({"active": name}).encode())[0] == 400
        assert name is None or save({"profile": name, "values": {"timeout": 9}})[0] == 400


def test_language(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOLCV_LANG")
    assert settings.status(LOCAL)[1]["language"] == config.stored_language() == "auto"
    assert save({"language": "zh"})[1]["language"] == "zh"
    assert stored()["language"] == config.stored_language() == "zh"
    assert save({"language": "fr"})[0] == 400
    config.config_file().write_text("{", encoding="utf-8")
    assert config.stored_language() == "auto", "errors must be readable when the file is not"


def test_reported_locale() -> None:
    assert settings.report_locale(b'{"locale": "zh-TW"}')[0] == 200
    assert settings.browser_locale() == "zh-TW"
    for body in (b'{"locale": "xx"}', b'{"locale": ["zh"]}', b"{}", b"{"):
        assert settings.report_locale(body)[0] == 400
    assert settings.browser_locale() == "zh-TW"
    settings.report_locale(b'{"locale": "en"}')


def test_simultaneous_changes_all_last() -> None:
    threads = [
        threading.Thread(target=edit.set_values, args=(f"p{number}", {"timeout": number + 1})) for number in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {name: one["timeout"] for name, one in stored()["profiles"].items()} == {f"p{n}": n + 1 for n in range(12)}
    assert [path.name for path in config.home().iterdir() if path.name.startswith("config-")] == []


def test_the_test_accepts_a_good_key_and_buys_nothing() -> None:
    with Gateway(api_keys=(KEY,)) as gateway:
        save({"values": {"base_url": gateway.url, "api_key": KEY}})
        code, answer = settings.check_profile(LOCAL, b"{}")
        assert code == 200 and answer["ok"] and 0 <= answer["seconds"] < 10 and answer["profile"] == "default"
        assert gateway.charged == 0 and len(gateway.requests) == 1


def test_the_test_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    def failure(**values: object) -> str:
        assert save({"values": values})[0] == 200
        code, answer = settings.check_profile(LOCAL, b"{}")
        assert code == 200 and not answer["ok"]
        assert "charged" not in answer["error"] and KEY not in answer["error"]
        return str(answer["error"])

    assert "No Volcengine gateway" in failure()
    assert "no gateway address" in failure(api_key=KEY)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert "No connection" in failure(base_url=f"http://127.0.0.1:{closed.getsockname()[1]}")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setattr(settings, "TEST_SECONDS", 1.0)
        assert "did not answer within 1 seconds" in failure(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}")
    with Gateway(api_keys=("sk-another-key",)) as gateway:
        wrong = failure(base_url=gateway.url)
        assert "did not accept the key" in wrong and "HTTP 401" in wrong and "request id" in wrong
        assert "HTTP 404" in failure(base_url=f"{gateway.url}/portal", api_key="sk-another-key")


def test_the_test_of_the_sandbox_and_of_an_unknown_profile() -> None:
    assert settings.check_profile(LOCAL, b'{"profile": "sandbox"}')[1]["ok"]
    assert "nobody" in settings.check_profile(LOCAL, b'{"profile": "nobody"}')[1]["error"]


def check(body: bytes = b"{}") -> tuple[dict[str, Any], list[str]]:
    """The reply to the panel's Check, and the states of its lines."""
    code, answer = settings.check_all(LOCAL, body)
    assert code == 200
    return answer, [one["state"] for one in answer["checks"]]


def test_check_says_each_of_what_is_free() -> None:
    answer, states = check(b'{"profile": "sandbox"}')
    assert states == ["ok"] * 5 and "error" not in answer
    answer, states = check()
    assert states == [] and "VOLCV_BASE_URL" in answer["error"]
    with Gateway(api_keys=(KEY,)) as gateway:
        save({"values": {"base_url": gateway.url, "api_key": KEY}})
        assert check()[1] == ["ok"] * 5
        save({"values": {"api_key": "sk-wrong-0000000000"}})
        answer, states = check()
        assert states == ["ok", "failed", "ok", "skipped", "skipped"] and gateway.charged == 0
        assert "did not accept the key" in answer["checks"][1]["text"]
        assert "sk-wrong" not in json.dumps(answer)


def test_words_for_switches() -> None:
    for word, meant in {"on": True, "No": False, "TRUE": True, "0": False}.items():
        edit.set_values("default", {"lossless": word})
        assert config.profile().lossless is meant
    assert edit.unset_value("default", "lossless") and not edit.unset_value("default", "lossless")
    with pytest.raises(SetupError):
        edit.activate("nobody")


def test_every_text_of_the_panel_is_there_in_both_languages() -> None:
    root = Path(__file__).resolve().parents[2]
    texts = json.loads((root / "web" / "strings.json").read_text(encoding="utf-8"))
    assert set(texts["en"]) == set(texts["zh"])
    source = "".join(path.read_text(encoding="utf-8") for path in sorted((root / "web").rglob("*.js")))
    unused = {name for name in texts["en"] if f'"{name}"' not in source and not name.startswith("language_")}
    assert not unused
    labels = {}
    for language in ("en", "zh"):
        labels[language] = json.loads((root / "locales" / language / "settings.json").read_text(encoding="utf-8"))
    assert set(labels["en"]) == set(labels["zh"])
    for name, label in labels["en"].items():
        key = name.removeprefix("Volcv_")
        assert f'["{key}", "{label["name"]}", ' in source and f'"{label["tooltip"]}"]' in source
        assert all(set("|@{}").isdisjoint(text) for one in labels.values() for text in one[name].values())

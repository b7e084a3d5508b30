"""``history``, ``recall``, ``config``, ``sandbox``: what lasts between commands."""

from __future__ import annotations

import getpass
import io
import json
import signal
import sys
from os import environ
from pathlib import Path
from subprocess import PIPE, Popen

import pytest
import requests

from tests.client.helpers import make
from tests.gateway import Fault, Gateway
from volcv_client import config
from volcv_client.cli import build_parser, checkout
from volcv_client.cli.sandbox import make_server
from volcv_client.client import Client
from volcv_client.config import Profile

from .conftest import Command

T2I = "high_aes_general_v14"
SECRET = "sk-canary-5511-wxyz"


def test_history_lists_and_clears(
    volcv: Command, server: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert volcv("history").code == 0
    small = ("--width", 64, "--height", 64)
    for seed in (1, 2, 3):
        volcv("run", T2I, "--prompt", f"cat {seed}", *small, "--seed", seed, "-o", tmp_path)
    ran = volcv("history", "-n", 2)
    lines = ran.out.splitlines()
    assert len(lines) == 2 and "cat 3" in lines[0] and "cat 2" in lines[1]
    assert "3 stored" in ran.err
    entries = json.loads(volcv("history", "--json").out)
    assert [entry["seed"] for entry in entries] == [3, 2, 1]
    assert all(Path(entry["files"][0]).is_file() for entry in entries)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert volcv("history", "--clear").code == 2
    assert len(json.loads(volcv("history", "--json").out)) == 3
    assert volcv("history", "--clear", "--yes").code == 0
    assert json.loads(volcv("history", "--json").out) == []


@pytest.mark.parametrize(
    ("language", "plain", "limited"),
    [
        ("en", "Charged calls: today 1; this month 1", "today 1 of 9 (1 more unknown, 7 left); this month 1 (1 more"),
        ("zh", "\u4eca\u65e5 1\uff1b", "\u4e0a\u9650 9 \u6b21\uff08\u53e6\u6709 1 \u6b21\u7ed3\u679c\u672a\u77e5"),
    ],
)
def test_history_says_what_was_charged(
    volcv: Command,
    server: Gateway,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
    plain: str,
    limited: str,
) -> None:
    monkeypatch.setenv("VOLCV_LANG", language)
    request = ("run", T2I, "--prompt", "x", "--width", 64, "--height", 64, "-o", tmp_path)
    volcv(*request)
    assert plain in volcv("history").err
    server.inject(Fault(cut="before_headers"))
    assert volcv(*request).code == 1
    monkeypatch.setenv("VOLCV_DAILY_LIMIT", "9")
    assert limited in volcv("history").err
    monkeypatch.setenv("VOLCV_DAILY_LIMIT", "many")
    assert volcv("history").code == 0


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            "3 (1 more unknown, about CNY 0.50, estimated, 1 without a known price, CNY 0.25 of CNY 1.00 left)",
        ),
        ("zh", "\u7ea6 CNY 0.50\uff08\u4f30\u7b97\uff09"),
    ],
)
def test_history_adds_up_estimates(
    volcv: Command, server: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, said: str
) -> None:
    monkeypatch.setenv("VOLCV_LANG", language)
    request = ("run", T2I, "--prompt", "x", "--width", 64, "--height", 64, "-o", tmp_path)
    assert volcv("config", "set", "prices", "0.1, img2img_x=9").code == 0
    volcv(*request)  # the price of the profile "default", 0.10
    assert volcv("config", "set", "prices", f"{T2I}=0.25").code == 0
    server.inject(Fault(cut="before_headers"))
    assert volcv(*request).code == 1  # unknown, 0.25
    assert volcv("config", "set", "prices", f"{T2I}=0.4").code == 0
    volcv(*request)  # 0.40
    assert volcv("config", "unset", "prices").code == 0
    volcv(*request)  # no list price is known
    monkeypatch.setenv("VOLCV_DAILY_BUDGET", "1")
    assert said in volcv("history").err
    newest, second, *_ = json.loads(volcv("history", "--json").out)
    assert (newest["estimated_amount"], second["estimated_amount"], second["currency"]) == (None, 0.4, "CNY")
    assert "cost" not in newest and "comfyui_cost" in newest


@pytest.mark.parametrize("text", ["cheap", "0.1, 0.2", "USD", "a=1, a=2", "USD, EUR, 1", "a=-1", "a=1/hour", "a=nan"])
def test_a_price_table_that_is_none_is_refused(volcv: Command, text: str) -> None:
    ran = volcv("config", "set", "prices", text)
    assert ran.code == 2 and "prices" in ran.err and "jimeng_t2i_v40=0.2" in ran.err


def test_recall_brings_back_the_same_bytes(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    (first,) = volcv("run", T2I, "--prompt", "x", "--width", 64, "--height", 64, "-o", tmp_path).paths
    request_id = json.loads(volcv("history", "--json").out)[0]["request_id"]
    (again,) = volcv("recall", request_id, "-o", tmp_path).paths
    assert again != first and again.read_bytes() == first.read_bytes()
    assert server.charged == 1
    assert volcv("recall", "nothing").code == 2


def test_recall_fetches_links_that_could_not_be_downloaded(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    server.inject(Fault(where="file", status=404, times=None))
    ran = volcv("run", T2I, "--prompt", "x", "--width", 64, "--height", 64, "--return-url", "-o", tmp_path)
    assert ran.code == 1
    request_id = ran.err.split("request id ")[1].split("]")[0]
    server.clear()
    (path,) = volcv("recall", request_id, "-o", tmp_path).paths
    assert path.read_bytes()
    assert len(json.loads(volcv("history", "--json").out)) == 1


def give(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_config_never_prints_a_secret(volcv: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, SECRET + "\n")
    told = volcv("config", "set", "api_key")
    told_text = told.out + told.err
    assert told.code == 0
    for arguments in (["show"], ["show", "--json"], ["path"]):
        ran = volcv("config", *arguments)
        told_text += ran.out + ran.err
    assert SECRET not in told_text and SECRET[:-4] not in told_text
    assert SECRET[-4:] in told_text
    assert config.load_file()["profiles"]["default"]["api_key"] == SECRET
    if sys.platform != "win32":
        assert config.config_file().stat().st_mode & 0o777 == 0o600


def test_config_says_what_it_left_out_around_a_key(volcv: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    give(monkeypatch, f'"Bearer {SECRET}"\n')
    told = volcv("config", "set", "api_key")
    assert told.code == 0 and "api_key" in told.err and "Bearer" in told.err and SECRET not in told.err
    assert config.load_file()["profiles"]["default"]["api_key"] == SECRET
    give(monkeypatch, f"{SECRET}\r\n")
    assert "Bearer" not in volcv("config", "set", "api_key").err
    give(monkeypatch, " \n")
    assert volcv("config", "set", "api_key").code == 2
    assert config.load_file()["profiles"]["default"]["api_key"] == SECRET


def test_config_sets_trusted_hosts(volcv: Command) -> None:
    assert volcv("config", "set", "trusted_hosts", "nas.lan, 100.64.0.0/10").code == 0
    assert "nas.lan, 100.64.0.0/10" in volcv("config", "show").out
    refused = volcv("config", "set", "trusted_hosts", "http://nas.lan")
    assert refused.code == 2 and "nas.lan, 100" not in refused.err and "10.0.0.5" in refused.err


def test_config_takes_no_secret_from_the_command_line(volcv: Command) -> None:
    ran = volcv("config", "set", "api_key", SECRET)
    assert ran.code == 2 and SECRET not in ran.err
    assert config.load_file() == {}


def test_config_asks_for_a_secret_on_a_terminal(volcv: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", terminal)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: SECRET)
    assert volcv("config", "set", "--profile", "work", "secret_key").code == 0
    assert config.load_file()["profiles"]["work"]["secret_key"] == SECRET


def test_config_set_use_unset(volcv: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert volcv("config", "set", "--profile", "work", "base_url", "https://gateway.example/volcv/v1").code == 0
    assert volcv("config", "set", "--profile", "work", "lossless", "on").code == 0
    assert volcv("config", "use", "work").code == 0
    told = json.loads(volcv("config", "show", "--json").out)
    assert told["profile"] == "work" and told["fields"]["lossless"]["value"] is True
    assert told["fields"]["base_url"]["value"] == "https://gateway.example"
    monkeypatch.setenv("VOLCV_TIMEOUT", "12")
    assert "VOLCV_TIMEOUT" in volcv("config", "set", "timeout", 30).err
    assert "VOLCV_TIMEOUT" in volcv("config", "show").out
    assert volcv("config", "unset", "lossless").code == 0
    assert "lossless" not in config.load_file()["profiles"]["work"]
    assert Path(volcv("config", "path").out.strip()) == config.config_file()


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "nothing", "1"),
        ("set", "max_concurrency", "many"),
        ("set", "lossless", "perhaps"),
        ("set", "base_url", "ftp://x"),
        ("set", "timeout"),
        ("set", "--profile", "sandbox", "base_url", "https://gateway.example"),
        ("use", "nobody"),
        ("show", "--profile", "nobody"),
    ],
)
def test_config_refuses_what_cannot_work(volcv: Command, arguments: tuple[str, ...]) -> None:
    ran = volcv("config", *arguments)
    assert ran.code == 2 and ran.err.startswith("volcv: ")
    assert config.load_file() == {}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_sandbox_serves_until_interrupted() -> None:
    arguments = ["sandbox", "--key", "mine", "--fault", "code=50412,times=1"]
    process = Popen(
        [sys.executable, "-m", "volcv_client", *arguments],
        env=dict(environ),
        stdout=PIPE,
        stderr=PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdout
    address, key = (process.stdout.readline().strip().split("=", 1) for _ in range(2))
    assert address[0].endswith("VOLCV_BASE_URL") and key[0].endswith("VOLCV_API_KEY") and key[1] == "mine"
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(
            "POST",
            f"{address[1]}/volcv/v1?Action=CVProcess&Version=2022-08-31",
            json={"req_key": T2I, "prompt": "x"},
            headers={"Authorization": "Bearer mine"},
            timeout=10,
        )
    assert answer.json()["code"] == 50412
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 0 and "Requests: 1" in err


@pytest.mark.parametrize("option", [("--fault", "code=50511"), ("--access-key", "AKLT")])
def test_sandbox_fails_on_demand_in_a_checkout_only(
    volcv: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: tuple[str, str]
) -> None:
    monkeypatch.setattr(checkout, "CHECKOUT", tmp_path)
    ran = volcv("sandbox", *option)
    assert ran.code == 2 and "git checkout" in ran.err and option[0] in ran.err


def test_sandbox_takes_signed_calls_in_a_checkout() -> None:
    plain = ["--port", "0", "--key", "mine"]
    parser = build_parser()
    signed = make_server(parser.read(["sandbox", *plain, "--access-key", "AKLT", "--secret-key", "c2VjcmV0"]))
    assert isinstance(signed, Gateway)
    with signed as server:
        profile = Profile(base_url=server.url, access_key="AKLT", secret_key="c2VjcmV0", timeout=20.0)
        assert make(Client(profile), {"prompt": "a cat", "width": 64, "height": 64}).pictures
    assert not isinstance(make_server(parser.read(["sandbox", *plain])), Gateway)


def test_sandbox_refuses_bad_options(volcv: Command, server: Gateway) -> None:
    port = server.url.rsplit(":", 1)[1]
    for arguments in (["--fault", "nonsense"], ["--port", "x"], ["--port", port], ["--delay", "-1"]):
        assert volcv("sandbox", *arguments).code == 2

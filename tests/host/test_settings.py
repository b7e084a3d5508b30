"""The settings panel: its routes over real HTTP, its section in ComfyUI's settings dialog in a real browser."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.gateway import Gateway
from tests.generate.workflows import node
from tests.host.browser import chromium, find_chromium, frontend, settings, shoot
from tests.host.client import Client
from tests.host.graphs import text_to_image
from tests.host.panel import PUBLIC, OpenServer, Panel, own_address
from tests.host.server import ComfyServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

GOOD = "sk-panel-good-71c2a9f04e"
CANARY = "sk-panel-canary-93d5be18aa"
DOCS = Path(__file__).resolve().parents[2] / "docs"
NOWHERE = "http://no-such-gateway.invalid"


@pytest.fixture(scope="module")
def server(comfy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    with OpenServer(comfy, tmp_path_factory.mktemp("panel"), {}) as one:
        yield one


@pytest.fixture
def panel(server: ComfyServer) -> Panel:
    one = Panel(server.url)
    one.reset()
    return one


@pytest.fixture(scope="module")
def service() -> Iterator[Gateway]:
    with Gateway(api_keys=(GOOD, CANARY)) as one:
        yield one


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = find_chromium()
    if executable is None:
        pytest.skip("no browser")
    with chromium(executable) as one:
        yield one


def test_set_status_test(panel: Panel, service: Gateway, server: ComfyServer) -> None:
    """A key is set, shows its last four characters only, and is proved without being charged."""
    assert not panel.status()["configured"]
    service.clear()
    saved = panel.save(base_url=service.url, api_key=GOOD)
    status = panel.status()
    assert status["configured"] and saved == status
    assert status["fields"]["api_key"] == {
        "source": "profile", "variable": "", "problem": "", "configured": True, "last4": GOOD[-4:],
    }  # fmt: skip
    assert GOOD not in json.dumps(status)
    result = panel.test()
    assert result["ok"] and GOOD not in json.dumps(result)
    assert service.charged == 0 and [one.status for one in service.requests] == [200]
    file = server.folder / "user" / "__volcv" / "config.json"
    assert json.loads(file.read_text(encoding="utf-8"))["profiles"]["default"]["api_key"] == GOOD
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("key", "address", "expected"),
    [
        ("sk-wrong-000000000000", "{url}", "The gateway did not accept the key.*HTTP 401.*request id"),
        (GOOD, "{url}/portal", "does not have this address or path.*HTTP 404"),
        (GOOD, "http://127.0.0.1:9", "No connection to 127.0.0.1"),
        (GOOD, NOWHERE, "no-such-gateway.invalid cannot be resolved"),
        (GOOD, "", "There is an API key but no gateway address"),
        ("", "{url}", "There is a gateway address but no API key"),
    ],
)
def test_the_test_says_exactly_what_is_wrong(
    panel: Panel, service: Gateway, key: str, address: str, expected: str
) -> None:
    panel.save(base_url=address.format(url=service.url), api_key=key)
    result = panel.test()
    assert not result["ok"]
    assert re.search(expected, result["error"]), result["error"]
    assert "charged" not in result["error"] and (not key or key not in result["error"])


CHANGES = [
    ("POST", "/settings", {"values": {"timeout": 9}}),
    ("POST", "/settings", {"language": "zh"}),
    ("POST", "/profile", {"active": "sandbox"}),
    ("DELETE", "/profile/default", None),
    ("POST", "/test", None),
    ("POST", "/check", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_other_computers_change_nothing(panel: Panel, method: str, path: str, body: Any) -> None:
    before = panel.status()
    outside = Panel(panel.url.replace("127.0.0.1", own_address()))
    claims: tuple[dict[str, str], ...] = (
        {},
        {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "Forwarded": "for=127.0.0.1"},
        {"Host": panel.url.removeprefix("http://"), "Origin": panel.url},
    )
    for headers in claims:
        answer = outside.send(method, path, body, **headers)
        assert answer.status_code == 403, headers
        assert "VOLCV_ALLOW_REMOTE_SETTINGS" in answer.json()["error"]
    seen = outside.status()
    assert not seen["writable"] and "VOLCV_ALLOW_REMOTE_SETTINGS" in seen["refusal"]
    assert outside.send("POST", "/locale", {"locale": "en"}).status_code == 200
    assert panel.status() == before


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_other_pages_change_nothing(panel: Panel, method: str, path: str, body: Any) -> None:
    before = panel.status()
    for origin in ("http://evil.example", "http://127.0.0.1:3000", "null"):
        assert panel.send(method, path, body, Origin=origin).status_code == 403
    rebound = {"Host": "evil.example:8188", "Origin": "http://evil.example:8188"}
    assert panel.send(method, path, body, **rebound).status_code == 403
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert panel.send(method, path, body, **{"Content-Type": kind}).status_code == 400
    assert panel.status() == before


def test_absurd_requests(panel: Panel, server: ComfyServer) -> None:
    assert panel.send("POST", "/settings", {"values": {"api_key": "x" * 100_000}}).status_code == 413
    assert panel.send("POST", "/locale", {"locale": "x" * 100_000}).status_code == 413
    assert panel.send("POST", "/settings", [1]).status_code == 400
    refused = panel.send("POST", "/settings", {"values": {"max_concurrency": CANARY, "api_key": CANARY}})
    assert refused.status_code == 400 and CANARY not in refused.text
    assert not panel.status()["fields"]["api_key"]["configured"], "all or nothing"
    assert CANARY not in server.log and "Traceback" not in server.log


def test_the_environment_is_read_only(host: ComfyServer) -> None:
    one = Panel(host.url)
    status = one.status()
    assert status["overrides"] == {"base_url": "VOLCV_BASE_URL", "api_key": "VOLCV_API_KEY"}
    assert status["fields"]["api_key"]["source"] == "environment"
    answer = one.send("POST", "/settings", {"values": {"api_key": CANARY}})
    assert answer.status_code == 400 and "VOLCV_API_KEY" in answer.json()["error"]
    assert one.test()["ok"]


def test_messages_follow_the_users_language(panel: Panel) -> None:
    """The pack's own choice, then ComfyUI's, then the browser's as the page reports it."""

    def language() -> str:
        return str(panel.status()["language_in_force"])

    settings(panel.url, {"Comfy.Locale": None})
    assert panel.send("POST", "/locale", {"locale": "zh-TW"}).status_code == 200
    assert language() == "zh"
    assert panel.send("POST", "/locale", {"locale": "klingon"}).status_code == 400
    assert language() == "zh"
    settings(panel.url, {"Comfy.Locale": "en"})
    assert language() == "en"
    assert panel.send("POST", "/settings", {"language": "zh"}).json()["language"] == "zh"
    assert language() == "zh"
    assert "\u5141\u8bb8" in panel.send("POST", "/settings", {"values": {"timeout": 0}}).json()["error"]


def row(page: Page, key: str) -> Locator:
    return page.locator(f'[data-setting-id="Volcv.{key}"]')


def note(page: Page, key: str) -> Locator:
    return row(page, key).locator(".volcv-note")


def unfold(page: Page) -> None:
    """Open the folded parts."""
    for key in ("FoldVendor", "FoldAdvanced"):
        row(page, key).get_by_role("button", name="Show").click()


def field(page: Page, label: str) -> Locator:
    """The input of that label. ComfyUI's own wrapper around it has the label too."""
    return page.locator(".volcv").get_by_label(label, exact=True)


@contextmanager
def opened(
    browser: Browser, url: str, more: Mapping[str, Any] | None = None, status: Mapping[str, Any] | None = None
) -> Iterator[Page]:
    """ComfyUI's settings dialog at our section. ``status`` replaces parts of what the server says."""
    with frontend(browser, url, vue_nodes=False, more=more) as page:
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        if status:
            page.route(
                "**/volcv/status",
                lambda route: route.fulfill(json={**route.fetch().json(), **status}),
            )
        page.evaluate("() => window.app.graph.clear()")  # its missing models are none of ours
        page.evaluate("() => window.app.extensionManager.command.execute('Comfy.ShowSettingsDialog')")
        page.locator("[data-nav-id]").filter(has_text="Volcengine CV").click()
        page.wait_for_function("() => document.querySelector('[data-setting-id=\"Volcv.About\"] p')?.textContent")
        yield page
        assert failures == []


TEXTS = {
    "en": {"key": "API key", "test": "Test", "bad": "did not accept the key", "good": "Nothing was charged"},
    "zh": {
        "key": "API Key",
        "test": "\u6d4b\u8bd5",
        "bad": "\u7f51\u5173\u672a\u63a5\u53d7\u5bc6\u94a5",
        "good": "\u672a\u8ba1\u8d39",
    },
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_type_a_key_and_press_test(
    browser: Browser, panel: Panel, service: Gateway, tmp_path: Path, language: str, theme: str
) -> None:
    texts = TEXTS[language]
    service.clear()
    with opened(browser, panel.url, {"Comfy.Locale": language, "Comfy.ColorPalette": theme}) as page:
        shoot(page, tmp_path, f"settings-{language}-{theme}-empty")
        key = field(page, texts["key"])
        test = row(page, "Test").get_by_role("button", name=texts["test"])
        row(page, "BaseUrl").get_by_role("textbox").fill(service.url)
        key.fill("sk-wrong-000000000000")
        test.click()
        note(page, "Test").filter(has_text=texts["bad"]).wait_for()
        assert "HTTP 401" in note(page, "Test").inner_text()
        shoot(page, tmp_path, f"settings-{language}-{theme}-wrong")
        assert key.get_attribute("type") == "password"
        key.fill(GOOD)
        test.click()
        note(page, "Test").filter(has_text=texts["good"]).wait_for()
        assert key.input_value() == ""
        assert GOOD[-4:] in str(key.get_attribute("placeholder"))
        page.mouse.move(2, 2)
        picture = shoot(page, tmp_path, f"settings-{language}-{theme}-good")
        if os.environ.get("VOLCV_WRITE_DOCS") and (language, theme) == ("en", "dark"):
            DOCS.joinpath("settings.png").write_bytes(picture.read_bytes())
    assert panel.test()["ok"] and service.charged == 0


@pytest.mark.parametrize(("language", "button"), [("en", "Check"), ("zh", "\u68c0\u67e5")])
def test_check_shows_a_line_for_each_check(
    browser: Browser, panel: Panel, service: Gateway, tmp_path: Path, language: str, button: str
) -> None:
    service.clear()
    panel.save(base_url=service.url, api_key=GOOD)
    with opened(browser, panel.url, {"Comfy.Locale": language}) as page:
        lines = row(page, "Check").locator("li")
        check = row(page, "Check").get_by_role("button", name=button)
        check.click()
        lines.nth(4).wait_for()
        assert lines.evaluate_all("all => all.map((one) => one.dataset.check)") == [
            *("address", "key", "clock", "task", "upload")
        ]  # fmt: skip
        assert all(text.isascii() is (language == "en") for text in lines.all_inner_texts())
        shoot(page, tmp_path, f"settings-check-{language}")
        assert service.charged == 0 and service.uploads == 1
        field(page, "API key" if language == "en" else TEXTS["zh"]["key"]).fill("sk-wrong-000000000000")
        check.click()
        row(page, "Check").locator("li.volcv-bad").filter(has_text="HTTP 401").wait_for()
        assert lines.count() == 5


def test_every_control_has_a_name_and_the_keyboard_reaches_it(browser: Browser, panel: Panel) -> None:
    with opened(browser, panel.url) as page:
        names = page.evaluate(
            """() => [...document.querySelectorAll('.volcv input, .volcv select')].map((one) =>
              one.getAttribute('aria-label') ??
              document.getElementById(one.getAttribute('aria-labelledby'))?.innerText)"""
        )
        assert len(names) == len(set(names)) == 24 and all(name and name.strip() for name in names)
        field(page, "Gateway address").focus()
        page.keyboard.type("not an address")
        page.keyboard.press("Enter")
        note(page, "BaseUrl").filter(has_text="cannot be used").wait_for()
        address = field(page, "Gateway address")
        assert address.get_attribute("aria-invalid") == "true" and address.input_value() == "not an address"
        page.keyboard.press("Control+a")
        page.keyboard.type("https://gateway.example/volcv/v1")
        page.keyboard.press("Tab")
        row(page, "BaseUrl").get_by_text("Saved.").wait_for()
        assert address.input_value() == "https://gateway.example" and address.get_attribute("aria-invalid") == "false"
        page.keyboard.type(GOOD)
        page.keyboard.press("Enter")
        row(page, "ApiKey").get_by_text("Saved.").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        row(page, "ApiKey").get_by_text("Removed.").wait_for()
        assert not panel.status()["fields"]["api_key"]["configured"]
        field(page, "Lossless upload").focus()
        page.keyboard.press("Space")
        row(page, "Lossless").get_by_text("Saved.").wait_for()
        concurrency = field(page, "Calls at the same time")
        concurrency.fill("99")
        concurrency.press("Enter")
        note(page, "MaxConcurrency").filter(has_text="from 1 to 64").wait_for()
        concurrency.fill("5")
        concurrency.press("Enter")
        row(page, "MaxConcurrency").get_by_text("Saved.").wait_for()
    fields = panel.status()["fields"]
    assert fields["lossless"]["value"] is True and fields["max_concurrency"]["value"] == 5


def test_what_was_left_out_around_a_key_and_bad_hosts_are_said_in_the_page(browser: Browser, panel: Panel) -> None:
    with opened(browser, panel.url, {"Comfy.Locale": "en"}) as page:
        key = field(page, "API key")
        key.fill(f'"Bearer {GOOD}"')
        key.press("Enter")
        note(page, "ApiKey").filter(has_text="Bearer").wait_for()
        key.fill(GOOD)
        key.press("Enter")
        page.wait_for_function("() => !document.querySelector('[data-setting-id=\"Volcv.ApiKey\"] p').textContent")
        unfold(page)
        hosts = field(page, "Trusted hosts")
        hosts.fill("http://minio.lan:9000")
        hosts.press("Enter")
        note(page, "TrustedHosts").filter(has_text="without http://").wait_for()
        hosts.fill("MinIO.lan 100.64.0.0/10")
        hosts.press("Enter")
        row(page, "TrustedHosts").get_by_text("Saved.").wait_for()
        assert hosts.input_value() == "minio.lan, 100.64.0.0/10"
    with opened(browser, panel.url, {"Comfy.Locale": "zh"}) as page:
        assert page.get_by_text("\u9ad8\u7ea7", exact=True).count() == 1, "the group Advanced"


def test_one_click_turns_the_sandbox_on_and_off(browser: Browser, panel: Panel, service: Gateway) -> None:
    panel.save(base_url=service.url, api_key=GOOD)
    with opened(browser, panel.url) as page:
        sandbox = row(page, "Sandbox").get_by_role("switch")
        sandbox.click()
        note(page, "Profile").filter(has_text="SANDBOX").wait_for()
        assert row(page, "ApiKey").locator("input").is_disabled()
        row(page, "Test").get_by_role("button").click()
        note(page, "Test").filter(has_text="The sandbox works").wait_for()
        service.clear()
        with Client(panel.url) as client:
            graph = {"1": text_to_image(7), "2": node("SaveImage", "Save", images=["1", 0], filename_prefix="s")}
            assert client.run(graph).end == "execution_success"
        assert service.requests == []
        sandbox.click()
        note(page, "Profile").filter(has_text=re.compile(r"^Set, not tested")).wait_for()
        assert not row(page, "ApiKey").locator("input").is_disabled()
    assert panel.status()["active"] == "default"


def test_profiles_are_made_and_deleted_in_the_page(browser: Browser, panel: Panel) -> None:
    with opened(browser, panel.url) as page:
        profile = row(page, "Profile")
        profile.get_by_role("button", name="New").click()
        page.keyboard.type("two words")
        page.keyboard.press("Enter")
        note(page, "Profile").filter(has_text="no name for a profile").wait_for()
        field(page, "Name of the new profile").fill("studio")
        page.keyboard.press("Enter")
        profile.get_by_role("combobox").wait_for()
        assert profile.get_by_role("combobox").input_value() == "studio" == panel.status()["active"]
        profile.get_by_role("button", name="Delete").click()
        profile.get_by_text('Delete profile "studio" with its keys?').wait_for()
        profile.get_by_role("button", name="Delete").click()
        profile.get_by_role("combobox").wait_for()
        assert profile.get_by_role("combobox").input_value() == "default"
    assert panel.status()["profiles"] == ["default", "sandbox"]


def test_the_environment_is_read_only_in_the_page(browser: Browser, host: ComfyServer, tmp_path: Path) -> None:
    with opened(browser, host.url, {"Comfy.Locale": "en"}) as page:
        for key, variable in {"BaseUrl": "VOLCV_BASE_URL", "ApiKey": "VOLCV_API_KEY"}.items():
            note(page, key).filter(has_text=variable).wait_for()
            assert row(page, key).locator("input").is_disabled()
            assert row(page, key).get_by_role("button").count() == 0
        shoot(page, tmp_path, "settings-environment")


def test_strangers_see_why_they_cannot_change_anything(browser: Browser, panel: Panel, tmp_path: Path) -> None:
    with opened(browser, panel.url, status={"writable": False, "refusal": "Only on that computer."}) as page:
        note(page, "Profile").filter(has_text="Only on that computer.").wait_for()
        unfold(page)
        controls = page.locator(".volcv :is(input, select, button:not([aria-expanded])):visible")
        assert controls.count() > 15
        assert all(one.is_disabled() for one in controls.all())
        shoot(page, tmp_path, "settings-refused")


def chunks(picture: bytes) -> str:
    """The text that ComfyUI put into a PNG."""
    from PIL import Image

    return str(Image.open(io.BytesIO(picture)).info)


def test_a_key_shows_up_nowhere(browser: Browser, panel: Panel, service: Gateway, server: ComfyServer) -> None:
    """A canary key is typed, proved and used; then every place that ComfyUI gives out is searched for it."""
    seen: dict[str, str] = {}
    with opened(browser, panel.url) as page:
        answers: list[Any] = []
        page.on("response", lambda answer: answers.append(answer))
        row(page, "BaseUrl").get_by_role("textbox").fill(service.url)
        field(page, "API key").fill(CANARY)
        row(page, "Test").get_by_role("button").click()
        note(page, "Test").filter(has_text="Nothing was charged").wait_for()
        seen |= {answer.url: answer.text() for answer in answers if "/volcv/" in answer.url}
        routes = {url.split("/volcv/")[1].split("?")[0] for url in seen}
        assert routes == {"settings", "test", "prices"}
        seen["page"] = page.content()
        seen["inputs"] = page.evaluate(
            "() => JSON.stringify([...document.querySelectorAll('input')].map((one) => one.value))"
        )
        seen["storage"] = page.evaluate("() => JSON.stringify([{...localStorage}, {...sessionStorage}])")
        seen["workflow"] = page.evaluate("async () => JSON.stringify(await window.app.graphToPrompt())")
    with Client(panel.url) as client:
        graph = {"1": text_to_image(11), "2": node("SaveImage", "Save", images=["1", 0], filename_prefix="s")}
        run = client.run(graph)
        assert run.end == "execution_success" and service.charged == 1
        seen["picture"] = chunks(client.file_bytes(run.files("2")[0]))
        service.clear()
        panel.save(api_key="sk-wrong-" + CANARY)
        failed = client.run({"1": text_to_image(12), "2": graph["2"]})
        assert failed.end == "execution_error"
        seen["error"] = json.dumps(failed.error, default=str)
    assert "prompt" in seen["picture"]
    for path in PUBLIC:
        answer = panel.http.get(panel.url + path, timeout=30)
        seen[path] = answer.text
        assert answer.ok or "config.json" in path or "userdata" in path, path
    seen["log"] = server.log
    seen["settings file"] = (server.folder / "user/default/comfy.settings.json").read_text(encoding="utf-8")
    assert CANARY in (server.folder / "user/__volcv/config.json").read_text(encoding="utf-8")
    found = [place for place, text in seen.items() if CANARY in text]
    assert found == []
    assert "Volcv." not in seen["/settings"], "nothing of the panel is kept in ComfyUI's settings"

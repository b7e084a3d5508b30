"""Fixtures of the tests that need a real ComfyUI. Without one they are skipped, and the summary says so."""

from __future__ import annotations

import importlib.util
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.gateway import Gateway
from tests.generate.workflows import example
from tests.generate.workflows.files import path_of
from tests.host.browser import find_chromium
from tests.host.client import Client
from tests.host.server import ComfyServer, HostError, find_comfy
from volcv_client.store.results import ResultStore

KEY = "canary-4b1d7e52c9"
"""The only key that the gateway of these tests takes. It must show up nowhere else."""

HOST_SECONDS = 300
NO_COMFY = "ComfyUI not found (looked at COMFYUI_PATH and ~/comfy/ComfyUI)"
NO_BROWSER = "no browser (needs Chromium, named by CHROMIUM or installed, and the Python package playwright)"
not_run: dict[str, int] = {}


def lacking(item: pytest.Item) -> str:
    """What a test needs and this machine does not have; empty if nothing is missing."""
    names = set(getattr(item, "fixturenames", ()))
    if names & {"host", "comfy"} and find_comfy() is None:
        return NO_COMFY
    if "browser" in names and (find_chromium() is None or importlib.util.find_spec("playwright") is None):
        return NO_BROWSER
    return ""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.timeout(HOST_SECONDS))
            reason = lacking(item)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))
                not_run[reason] = not_run.get(reason, 0) + 1


def pytest_terminal_summary(terminalreporter: Any) -> None:
    for reason, number in not_run.items():
        terminalreporter.write_line(f"{reason}: {number} host tests not run", yellow=True, bold=True)


@pytest.fixture(scope="session")
def comfy() -> Path:
    found = find_comfy()
    if found is None:
        pytest.skip(NO_COMFY)
    return found


@pytest.fixture(scope="session")
def shared_gateway() -> Iterator[Gateway]:
    with Gateway(api_keys=(KEY,)) as server:
        yield server


@pytest.fixture(scope="session")
def host(comfy: Path, shared_gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """A running ComfyUI with the pack in ``custom_nodes/volcv``; its gateway is ``shared_gateway``."""
    settings = {"VOLCV_BASE_URL": shared_gateway.url, "VOLCV_API_KEY": KEY}
    server = ComfyServer(comfy, tmp_path_factory.mktemp("comfy"), settings)
    try:
        server.start()
    except HostError as error:
        pytest.fail(str(error), pytrace=False)
    yield server
    server.stop()


@pytest.fixture
def gateway(shared_gateway: Gateway) -> Iterator[Gateway]:
    """The gateway of ``host``, with no requests on record and no failures queued."""
    shared_gateway.clear()
    yield shared_gateway
    shared_gateway.clear()


@pytest.fixture
def client(host: ComfyServer, gateway: Gateway) -> Iterator[Client]:
    with Client(host.url) as one:
        yield one


@pytest.fixture
def upload_url(host: ComfyServer, shared_gateway: Gateway) -> Iterator[None]:
    """A profile whose pictures can become links. For single tests only: others want them inside the request."""
    file = host.folder / "user" / "__volcv" / "config.json"
    before = file.read_bytes() if file.exists() else None
    file.parent.mkdir(parents=True, exist_ok=True)
    profile = {"upload_url": f"{shared_gateway.url}/v1/files"}
    file.write_text(json.dumps({"profiles": {"default": profile}}), encoding="utf-8")
    yield
    if before is None:
        file.unlink()
    else:
        file.write_bytes(before)


@pytest.fixture
def nothing_stored(host: ComfyServer) -> None:
    """For models without chance in them: no earlier test has paid for the same request."""
    store = ResultStore(host.folder / "user" / "__volcv" / "results")
    store.clear()
    store.close()


@pytest.fixture(scope="session")
def object_info(host: ComfyServer) -> dict[str, Any]:
    with Client(host.url) as one:
        return one.object_info()


_seeds = itertools.count(1_000, 1_000)


@pytest.fixture
def seed() -> int:
    """A seed that no test has used, with room for another 999 after it."""
    return next(_seeds)


@pytest.fixture(scope="session")
def workflow() -> Callable[[str], dict[str, Any]]:
    """Reads an example workflow by its title."""

    def read(title: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(path_of(example(title)).read_text(encoding="utf-8"))
        return found

    return read

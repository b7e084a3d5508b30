"""The zip for the registry, unpacked where ComfyUI Manager puts it: everything that the pack brings is served."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.host.client import Client
from tests.host.graphs import save, text_to_image
from tests.host.server import ROOT, ComfyServer
from tests.registry.package import pack

NODES = json.loads((ROOT / "node_list.json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Installed:
    """A ComfyUI with only what the registry hands out, unpacked in ``folder``."""

    client: Client
    folder: Path

    def served(self, path: str) -> bytes:
        answer = self.client.http.get(self.client.url + path, timeout=30)
        assert answer.status_code == 200, path
        return answer.content

    def files(self, part: str) -> Iterator[tuple[str, bytes]]:
        """Path and content of every file in one folder of the package."""
        base = self.folder / part
        for path in sorted(path for path in base.rglob("*") if path.is_file()):
            yield path.relative_to(base).as_posix(), path.read_bytes()


@pytest.fixture(scope="module")
def installed(comfy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    base = tmp_path_factory.mktemp("registry")
    with zipfile.ZipFile(pack(base)) as archive:
        archive.extractall(base / "unpacked")
    server = ComfyServer(comfy, base / "comfy", {"VOLCV_PROFILE": "sandbox"}, pack=base / "unpacked")
    with server, Client(server.url) as client:
        yield Installed(client, base / "unpacked")


def test_every_node_is_there_and_runs(installed: Installed) -> None:
    client = installed.client
    found = {name for name, info in client.object_info().items() if info["python_module"] == "custom_nodes.volcv"}
    assert found == set(NODES)
    done = client.run({"1": text_to_image(8), "2": save("1")})
    assert done.end == "execution_success", done.error
    assert client.pictures(done, "2")[0].size == (128, 128)


def test_web_files(installed: Installed) -> None:
    """Scripts, styles, help pages and their pictures, byte for byte; and ComfyUI imports every script."""
    imported = installed.client.get("/extensions")
    for name, content in installed.files("web"):
        assert installed.served(f"/extensions/volcv/{name}") == content
        assert not name.endswith(".js") or f"/extensions/volcv/{name}" in imported


@pytest.mark.parametrize("node", NODES)
def test_help_pages(installed: Installed, node: str) -> None:
    for page in (f"{node}/en.md", f"{node}/zh.md", f"{node}.md"):
        assert installed.served(f"/extensions/volcv/docs/{page}").startswith(b"# ")


def test_locales(installed: Installed) -> None:
    texts = installed.client.get("/i18n")
    for language in ("en", "zh"):
        assert set(NODES) <= set(texts[language]["nodeDefs"])
        assert texts[language]["templateWorkflows"]["category"]["volcv"]
        assert texts[language]["settings"]


def test_templates(installed: Installed) -> None:
    files = dict(installed.files("example_workflows"))
    assert {f"{name}.json" for name in installed.client.get("/api/workflow_templates")["volcv"]} == {
        name for name in files if name.endswith(".json")
    }
    for name, content in files.items():
        assert installed.served(f"/api/workflow_templates/volcv/{quote(name)}") == content

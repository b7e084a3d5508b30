"""What the registry hands out: everything that is needed, nothing else, and nothing that its scanner flags."""

from __future__ import annotations

import ast
import posixpath
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.generate.files import ROOT, pack_version
from tests.registry.package import known_files, pack, packed_files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDERS = ("nodes", "volcv_client", "web", "locales", "example_workflows", "subgraphs")
FILES = {
    *("__init__.py", "pyproject.toml", "requirements.txt", "node_list.json"),
    *("README.md", "README.zh.md", "LICENSE"),
}
ENDINGS = {".py", ".json", ".jpg", ".png", ".svg", ".js", ".css", ".md", ".html", ".typed"}
FLAGGED = (
    *("os.environ[", "os.environ.get(", "os.getenv("),
    *("requests.get(", "requests.post(", "urllib.request.urlopen(", "socket.socket(", ".connect("),
    *("subprocess.run(", "Popen(", "eval(", "exec("),
)
"""What the registry's scanner looks for in the text of the files, whatever it stands for there."""
REQUIRED = {"requests", "PIL", "numpy", "torch"}
OF_THE_HOST = {"comfy", "comfy_api", "comfy_execution", "folder_paths", "server", "aiohttp"}
THROUGH_REQUESTS = {"urllib3"}
CODE = {tokenize.NAME, tokenize.OP}
IMPORT = re.compile(r"""(?:\bfrom |^import |\bimport\()["']([^"']+)["']""", re.MULTILINE)
TEXT_SOURCES = ("locales/en/help/", "locales/zh/help/", "locales/zh/nodes/", "locales/zh/shared.json")
"""``python -m tests.generate`` makes help pages and node definitions of them."""
LIMIT_BYTES = 2_800_000
RAW = "https://raw.githubusercontent.com/comfyui-volcv/comfyui-volcv/main/"

try:
    KNOWN = known_files()
except (OSError, subprocess.CalledProcessError):
    pytest.skip("what is packed is what git knows, and this is no git checkout", allow_module_level=True)
PACKED = packed_files(KNOWN)
SOURCES = [name for name in PACKED if name.endswith(".py")]
SCRIPTS = [name for name in PACKED if name.endswith(".js")]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads(text_of("pyproject.toml"))


def test_only_what_is_needed() -> None:
    assert {name for name in PACKED if "/" not in name} == FILES
    assert {name.split("/")[0] for name in PACKED if "/" in name} == set(FOLDERS)
    inside = [Path(name) for name in PACKED if "/" in name]
    assert {path.suffix for path in inside} <= ENDINGS
    assert [path for path in inside if any(part.startswith((".", "__pycache__", "test")) for part in path.parts)] == []


def test_nothing_that_is_needed_is_missing() -> None:
    """Of the pack's folders nothing is left out but the sources of generated texts."""
    left_out = [name for name in KNOWN if name.split("/")[0] in FOLDERS and name not in PACKED]
    assert [name for name in left_out if not name.startswith(TEXT_SOURCES)] == []
    for kind in (
        "volcv_client/catalog/examples/pictures/",
        "volcv_client/messages/",
        "web/docs/pictures/",
        "locales/zh/",
    ):
        assert any(name.startswith(kind) for name in PACKED), kind


def test_size(tmp_path: Path) -> None:
    assert pack(tmp_path).stat().st_size < LIMIT_BYTES


@pytest.mark.parametrize("literal", FLAGGED)
def test_nothing_is_flagged(literal: str) -> None:
    assert [name for name in SOURCES + SCRIPTS if literal in text_of(name)] == []


def test_no_asserts_and_no_lines_with_two_statements() -> None:
    for name in SOURCES:
        with (ROOT / name).open("rb") as file:
            words = {token.string for token in tokenize.tokenize(file.readline) if token.type in CODE}
        assert words & {"assert", ";"} == set(), name


def imported(name: str) -> Iterator[str]:
    """Top-level names of the absolute imports of a file, wherever they stand."""
    for node in ast.walk(ast.parse(text_of(name))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("name", SOURCES)
def test_imports(name: str) -> None:
    """The required packages, the standard library and ComfyUI; the client not even torch."""
    known = (REQUIRED - {"torch"}) | THROUGH_REQUESTS
    if not name.startswith("volcv_client/"):
        known |= {"torch"} | OF_THE_HOST
    assert set(imported(name)) - sys.stdlib_module_names - known == set()


@pytest.mark.parametrize("name", SOURCES)
def test_no_private_parts_of_other_packages(name: str) -> None:
    """A name with an underscore is used only where it is defined: on ``self`` and ``cls``, or in its own file."""
    tree = ast.parse(text_of(name))
    own = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_own(node)}
    used = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_private(node.attr)]
    assert [ast.unparse(node) for node in used if not is_own(node) and node.attr not in own] == []
    foreign = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0]
    assert [alias.name for node in foreign for alias in node.names if is_private(alias.name)] == []


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def is_own(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")


def test_scripts_import_files_that_are_there() -> None:
    """ComfyUI's own modules are two folders above ``/extensions/volcv``."""
    for name in SCRIPTS:
        for target in IMPORT.findall(text_of(name)):
            found = posixpath.normpath(posixpath.join("/extensions/volcv", name[4:], "..", target))
            own = "web/" + found.removeprefix("/extensions/volcv/")
            assert found.startswith("/scripts/") or own in PACKED, f"{name}: {target}"


def test_requirements_are_the_same(project: dict[str, Any]) -> None:
    """The pack needs torch, which ComfyUI has; the installed command never imports it."""
    pack = text_of("requirements.txt").split()
    assert project["project"]["dependencies"] == [one for one in pack if not one.startswith("torch")]
    names = {re.split(r"[<>=!~]", one)[0] for one in pack}
    assert names == {"pillow" if name == "PIL" else name for name in REQUIRED}


def test_metadata(project: dict[str, Any]) -> None:
    about = project["project"]
    assert about["name"] == "volcv"
    assert re.fullmatch(r"\d+\.\d+\.\d+", about["version"])
    assert about["version"] == pack_version()
    assert f"\n## {about['version']}\n" in text_of("CHANGELOG.md")
    assert about["license"] == "Apache-2.0" and set(about["license-files"]) <= set(PACKED)
    assert about["readme"] in PACKED
    assert "Operating System :: OS Independent" in about["classifiers"]
    assert about["urls"]["Repository"].startswith("https://github.com/")
    assert about["urls"]["Issues"] == about["urls"]["Repository"] + "/issues", "the registry's tool reads this name"


def test_artwork(project: dict[str, Any]) -> None:
    """At most 400 x 400 pixels and square; 21:9."""
    comfy = project["tool"]["comfy"]
    with Image.open(ROOT / comfy["Icon"].removeprefix(RAW)) as icon:
        assert icon.size == (400, 400)
    with Image.open(ROOT / comfy["Banner"].removeprefix(RAW)) as banner:
        assert banner.width * 9 == banner.height * 21
    assert {"docs/icon.png", "docs/banner.png"} <= set(KNOWN)


def test_version_is_read_as_the_publishing_workflow_does(project: dict[str, Any]) -> None:
    """It compares the tag with the only line that looks like this."""
    found = re.findall(r'^version = "(.*)"$', text_of("pyproject.toml"), re.MULTILINE)
    assert found == [project["project"]["version"]]
    assert """sed -n 's/^version = "\\(.*\\)"$/\\1/p' pyproject.toml""" in text_of(".github/workflows/publish.yml")


def test_every_supported_python_is_tested(project: dict[str, Any]) -> None:
    workflow = text_of(".github/workflows/test.yml")
    lowest = project["project"]["requires-python"].removeprefix(">=")
    assert f'python: ["{lowest}"' in workflow
    assert "run: make test" in workflow


def test_an_installed_command_has_everything(project: dict[str, Any]) -> None:
    """Every folder of the client is a package, and the translations are one more."""
    folders = {Path(name).parent.as_posix() for name in PACKED if name.startswith("volcv_client/")}
    setuptools = project["tool"]["setuptools"]
    assert {name.replace(".", "/") for name in setuptools["packages"]} == folders | {"volcv_client/locales"}
    assert setuptools["package-dir"] == {"volcv_client.locales": "locales"}
    endings = {Path(name).suffix for name in PACKED if name.startswith("volcv_client/")} - {".py"}
    assert {f"*{ending}" for ending in endings} <= set(setuptools["package-data"]["*"])

"""A real ComfyUI as a process of its own, with the pack in its custom_nodes folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0
LOAD_FAILURES = ("IMPORT FAILED", "Error while calling comfy_entrypoint", "Cannot import")
PACK = ("__init__.py", "pyproject.toml", "nodes", "volcv_client", "web", "locales", "example_workflows", "subgraphs")


class HostError(Exception):
    """ComfyUI did not start, or did not load the pack."""


def find_comfy() -> Path | None:
    """Folder of a ComfyUI: ``COMFYUI_PATH``, else ``~/comfy/ComfyUI``; None if there is none."""
    named = os.environ.get("COMFYUI_PATH")
    folder = Path(named).expanduser() if named else Path.home() / "comfy" / "ComfyUI"
    return folder.resolve() if (folder / "main.py").is_file() and (folder / "comfy").is_dir() else None


def interpreter(comfy: Path) -> str:
    """The Python that this ComfyUI runs with."""
    candidates = (comfy / ".venv/bin/python", comfy / "venv/bin/python", comfy / ".venv/Scripts/python.exe")
    # Not resolved: a virtual environment is known by the path of its own link.
    return next((str(one) for one in candidates if one.exists()), sys.executable)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def link_pack(custom_nodes: Path, name: str, source: Path = ROOT) -> Path:
    """Put the pack into ``custom_nodes`` under ``name``: linked, or copied where links are not allowed."""
    custom_nodes.mkdir(parents=True, exist_ok=True)
    target = custom_nodes / name
    try:
        target.symlink_to(source, target_is_directory=True)
    except OSError:
        target.mkdir()
        for part in (source / name for name in PACK):
            if part.is_dir():
                shutil.copytree(part, target / part.name, ignore=shutil.ignore_patterns("__pycache__"))
            elif part.exists():
                shutil.copy2(part, target)
    return target


def surroundings(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's environment without anything that steers the pack or the network, plus ``settings``."""
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VOLCV_", "VOLC_", "PYTHONPATH", "PYTHONHOME")) and name.upper() not in proxies
    }
    return {**kept, "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1", **settings}


def obey_ctrl_c() -> None:
    """Whoever runs the tests may ignore SIGINT, and a child inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class ComfyServer:
    """A running ComfyUI; use as a context manager.

    folder: its base directory (made if missing). settings: ``VOLCV_*`` variables. pack_name: name of the pack's
    folder in custom_nodes. pack: where the pack is; this checkout unless told. frontend: folder of another frontend
    than ComfyUI's own. Raises HostError with the end of the log when it does not come up or does not load the pack.
    """

    def __init__(
        self,
        comfy: Path,
        folder: Path,
        settings: Mapping[str, str],
        pack_name: str = "volcv",
        pack: Path = ROOT,
        frontend: Path | None = None,
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = folder / "comfyui.log"
        self.started_in = 0.0
        self._comfy = comfy
        self._settings = settings
        self._frontend = frontend
        folder.mkdir(parents=True, exist_ok=True)
        link_pack(folder / "custom_nodes", pack_name, pack)
        (folder / "input").mkdir(exist_ok=True)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def command(self) -> list[str]:
        return [
            interpreter(self._comfy),
            str(self._comfy / "main.py"),
            "--cpu",
            *("--port", str(self.port)),
            *("--base-directory", str(self.folder)),
            *("--database-url", "sqlite:///:memory:"),
            "--disable-auto-launch",
            "--disable-api-nodes",
            *(("--front-end-root", str(self._frontend)) if self._frontend else ()),
        ]

    def start(self) -> ComfyServer:
        began = time.monotonic()
        with self.log_file.open("wb") as log:
            self._process = subprocess.Popen(
                self.command(),
                cwd=self._comfy,
                env=surroundings(self._settings),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=None if sys.platform == "win32" else obey_ctrl_c,
            )
        try:
            self._await_ready(began + START_SECONDS)
        except BaseException:  # whatever happened, the process must not outlive the test
            self.stop()
            raise
        self.started_in = time.monotonic() - began
        return self

    def _await_ready(self, deadline: float) -> None:
        session = requests.Session()
        session.trust_env = False
        while True:
            failed = next((mark for mark in LOAD_FAILURES if mark in self.log), None)
            if failed:
                raise HostError(f"ComfyUI says {failed!r}:\n{self.tail()}")
            if self._process is not None and self._process.poll() is not None:
                raise HostError(f"ComfyUI ended with code {self._process.returncode}:\n{self.tail()}")
            with suppress(requests.RequestException):
                if session.get(f"{self.url}/system_stats", timeout=2).ok:
                    return
            if time.monotonic() > deadline:
                raise HostError(f"ComfyUI was not ready after {START_SECONDS:.0f} s:\n{self.tail()}")
            time.sleep(0.1)

    def tail(self, lines: int = 40) -> str:
        return "\n".join(self.log.splitlines()[-lines:])

    def end(self, number: int, seconds: float = 60.0) -> float:
        """Send a signal; the seconds until the process has ended."""
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(number)
        self._process.wait(seconds)
        return time.monotonic() - began

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> ComfyServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

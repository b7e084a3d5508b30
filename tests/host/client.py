"""A small ComfyUI client: queue a prompt, follow it over the websocket, fetch its pictures."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
import requests
import websocket
from numpy.typing import NDArray
from PIL import Image

RUN_SECONDS = 60.0
ENDS = ("execution_success", "execution_error", "execution_interrupted")


class ProtocolError(Exception):
    """ComfyUI refused a prompt or did not finish it."""


@dataclass(frozen=True)
class Event:
    """One websocket message. ``at``: seconds since the prompt was queued."""

    kind: str
    data: Mapping[str, Any]
    at: float


@dataclass
class PromptRun:
    """What came of one queued prompt. ``texts``: what the panel of each node showed, in order."""

    prompt_id: str
    events: list[Event] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    end: str = ""

    @property
    def seconds(self) -> float:
        return self.events[-1].at

    @property
    def error(self) -> Mapping[str, Any]:
        """Data of the execution_error; empty if there was none."""
        return next((event.data for event in self.events if event.kind == "execution_error"), {})

    def of_kind(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    def files(self, node: str) -> list[Mapping[str, str]]:
        found: list[Mapping[str, str]] = self.outputs.get(node, {}).get("images", [])
        return found


class Client:
    """One browser's worth of ComfyUI; use as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client_id = uuid.uuid4().hex
        self.http = requests.Session()
        self.http.trust_env = False
        self._socket: websocket.WebSocket | None = None

    def __enter__(self) -> Client:
        address = f"{self.url.replace('http', 'ws', 1)}/ws?clientId={self.client_id}"
        self._socket = websocket.create_connection(address, timeout=RUN_SECONDS, http_no_proxy=["*"])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()
        self.http.close()

    def get(self, path: str) -> Any:
        answer = self.http.get(self.url + path, timeout=RUN_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def object_info(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/object_info")
        return found

    def queue(self, graph: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> str:
        """Queue a prompt; its id. ProtocolError if ComfyUI finds the whole graph wrong."""
        answer = self.submit(graph, extra)
        if not answer.ok:
            raise ProtocolError(f"/prompt answered {answer.status_code}: {answer.text[:2000]}")
        return str(answer.json()["prompt_id"])

    def submit(self, graph: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> requests.Response:
        """Post a prompt. 200: it is queued, without the branches in ``node_errors``. 400: no branch can run."""
        body = {"prompt": graph, "client_id": self.client_id, "extra_data": extra or {}}
        return self.http.post(f"{self.url}/prompt", json=body, timeout=RUN_SECONDS)

    def interrupt(self) -> None:
        self.http.post(f"{self.url}/interrupt", json={}, timeout=RUN_SECONDS).raise_for_status()

    def run(self, graph: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> PromptRun:
        """Queue a prompt and follow it to its end."""
        began = time.monotonic()
        return self.follow(self.queue(graph, extra), began)

    def follow(self, prompt_id: str, began: float, until: str = "", seconds: float = RUN_SECONDS) -> PromptRun:
        """Collect events until the prompt has ended, or until the first event of the kind ``until``."""
        run = PromptRun(prompt_id)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            kind, data = self._receive(deadline - time.monotonic())
            event = Event(kind, data, time.monotonic() - began)
            shown = status_of(kind, data)
            if shown:
                run.texts.setdefault(data["node"], []).append("\n".join(line for one in shown for line in one["lines"]))
            if data.get("prompt_id") != prompt_id and kind != "status":
                continue
            run.events.append(event)
            if kind in ENDS:
                run.end = kind
                run.outputs = self.outputs(prompt_id)
                return run
            if until and kind == until:
                return run
        raise ProtocolError(f"prompt {prompt_id} did not end within {seconds:.0f} s")

    def outputs(self, prompt_id: str) -> dict[str, Any]:
        """Outputs of a finished prompt. The history gets them a moment after the last event."""
        for _ in range(200):
            entry = self.get(f"/history/{prompt_id}").get(prompt_id)
            if entry is not None:
                found: dict[str, Any] = entry["outputs"]
                return found
            time.sleep(0.02)
        raise ProtocolError(f"prompt {prompt_id} is not in the history")

    def _receive(self, seconds: float) -> tuple[str, dict[str, Any]]:
        if self._socket is None:
            raise ProtocolError("the client is not connected")
        self._socket.settimeout(max(seconds, 0.01))
        try:
            message = self._socket.recv()
        except websocket.WebSocketTimeoutException:
            return "nothing", {}
        if isinstance(message, str):
            parsed = json.loads(message)
            return str(parsed["type"]), dict(parsed["data"])
        return parse_binary(message)

    def drain(self, seconds: float) -> list[tuple[str, dict[str, Any]]]:
        """Everything that arrives within that time."""
        deadline = time.monotonic() + seconds
        found = []
        while time.monotonic() < deadline:
            found.append(self._receive(deadline - time.monotonic()))
        return [one for one in found if one[0] != "nothing"]

    def file_bytes(self, file: Mapping[str, str]) -> bytes:
        answer = self.http.get(f"{self.url}/view", params=dict(file), timeout=RUN_SECONDS)
        answer.raise_for_status()
        return answer.content

    def pictures(self, run: PromptRun, node: str) -> list[Image.Image]:
        """The pictures that a node saved, as RGB."""
        return [Image.open(io.BytesIO(self.file_bytes(file))).convert("RGB") for file in run.files(node)]


def status_of(kind: str, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an event shows on a node of the pack: while it runs or when it ends, or with its output."""
    if kind == "volcv.status":
        return [dict(data)]
    return list((data.get("output") or {}).get("volcv_status", [])) if kind == "executed" else []


def parse_binary(message: bytes) -> tuple[str, dict[str, Any]]:
    """A binary event, which is a preview: its size."""
    return "preview", {"bytes": len(message)}


def pixels(picture: Image.Image) -> NDArray[np.int16]:
    """RGB values ``[H, W, 3]`` that can be subtracted from each other."""
    return np.asarray(picture.convert("RGB"), dtype=np.int16)


def differences(first: Sequence[Any] | NDArray[np.int16], second: NDArray[np.int16]) -> float:
    """Mean absolute difference of two pictures of equal size, 0..255."""
    return float(np.abs(np.asarray(first) - second).mean())

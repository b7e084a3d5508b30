"""VIDEO and AUDIO of ComfyUI's own nodes reach the service as files behind links, and its video comes back."""

from __future__ import annotations

import io
import wave
from typing import Any

from tests.gateway import Gateway
from tests.generate.workflows import node
from tests.generate.workflows.convert import complete
from tests.host.client import Client
from tests.support.film import size_of

LIPS = "Volcv_realman_change_lips"


def test_a_video_and_a_sound_are_uploaded(gateway: Gateway, client: Client, object_info: dict[str, Any]) -> None:
    graph = {
        "1": node("EmptyImage", "Frames", width=160, height=96, batch_size=8, color=0x2060A0),
        "2": node("CreateVideo", "Video", images=["1", 0], fps=8.0),
        "3": node("EmptyAudio", "Silence", duration=0.5, sample_rate=16000, channels=1),
        "4": node(LIPS, "Lip sync", video=["2", 0], audio=["3", 0], version="lite"),
        "5": node("SaveVideo", "Save", video=["4", 0], filename_prefix="lips", format="auto", codec="auto"),
    }
    known = client.object_info()
    run = client.run(complete(graph, {**object_info, **{name: known[name] for name in ("EmptyImage", "CreateVideo")}}))
    assert run.end == "execution_success", run.error.get("exception_message")
    body = gateway.requests[0].body or {}

    def sent(field: str) -> bytes:
        stored = gateway.files.get(body[field].rpartition("/")[2])
        assert stored is not None
        return stored[0]

    assert sent("url")[4:8] == b"ftyp" and size_of(sent("url")) == (160, 96)
    with wave.open(io.BytesIO(sent("pure_audio_url"))) as sound:
        assert (sound.getframerate(), sound.getnframes(), sound.getnchannels()) == (16000, 8000, 1)
    assert gateway.uploads == 2 and gateway.charged == 1

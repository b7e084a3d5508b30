"""ComfyUI's VIDEO and AUDIO as files that the service can fetch."""

from __future__ import annotations

import io
import tempfile
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import torch

from ..volcv_client.errors import InputError
from ..volcv_client.request.media import MediaFile

SAMPLE_MAX = 32767


class Saveable(Protocol):
    """A VIDEO of ComfyUI (comfy_api.latest.Input.Video)."""

    def save_to(self, path: str) -> None:
        """Write the video to a file, in the format of its extension."""


def video_file(video: Saveable) -> MediaFile:
    """An MP4 file of a VIDEO; streams that fit into one are copied, so nothing is lost."""
    with tempfile.TemporaryDirectory(prefix="volcv-") as folder:
        path = Path(folder) / "video.mp4"
        video.save_to(str(path))
        return MediaFile(path.read_bytes())


def audio_file(audio: Mapping[str, Any]) -> MediaFile:
    """A WAV file, 16 bits a sample, of an AUDIO: ``waveform`` ``[1, C, T]``, float -1..1, and ``sample_rate`` in Hz.

    Raises InputError for another shape, no samples, or a value that is no number.
    """
    waveform = torch.as_tensor(audio["waveform"]).detach().to(device="cpu", dtype=torch.float32)
    if waveform.ndim != 3 or waveform.shape[0] != 1 or 0 in waveform.shape or not torch.isfinite(waveform).all():
        raise InputError("bad_audio", shape="x".join(map(str, waveform.shape)))
    samples = (waveform[0].clamp(-1.0, 1.0) * SAMPLE_MAX).round().to(torch.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(samples.shape[0])
        writer.setsampwidth(2)
        writer.setframerate(int(audio["sample_rate"]))
        writer.writeframes(samples.T.contiguous().numpy().astype("<i2").tobytes())
    return MediaFile(file.getvalue())

"""VIDEO and AUDIO of ComfyUI as the files that are uploaded."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from volcv_pack.nodes.media import audio_file, video_file
from volcv_pack.volcv_client.errors import InputError


class SavedVideo:
    """A VIDEO that writes these bytes."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.paths: list[Path] = []

    def save_to(self, path: str) -> None:
        self.paths.append(Path(path))
        Path(path).write_bytes(self.content)


def samples_of(data: bytes) -> tuple[Any, int]:
    """Samples ``[C, T]`` as floats, and the rate."""
    with wave.open(io.BytesIO(data)) as reader:
        raw = np.frombuffer(reader.readframes(reader.getnframes()), "<i2").reshape(-1, reader.getnchannels())
        return raw.T / 32767.0, reader.getframerate()


@given(
    channels=st.integers(1, 2),
    length=st.integers(1, 400),
    rate=st.sampled_from([8000, 44100, 48000]),
    seed=st.integers(0, 99),
)
def test_a_sound_comes_back_within_half_a_step(channels: int, length: int, rate: int, seed: int) -> None:
    waveform = torch.rand((1, channels, length), generator=torch.Generator().manual_seed(seed)) * 2 - 1
    samples, found = samples_of(audio_file({"waveform": waveform, "sample_rate": rate}).read())
    assert found == rate and samples.shape == (channels, length)
    assert np.abs(samples - waveform[0].numpy()).max() <= 0.5 / 32767 + 1e-7


def test_values_beyond_the_range_are_clipped() -> None:
    samples, _ = samples_of(audio_file({"waveform": torch.tensor([[[2.0, -3.0]]]), "sample_rate": 8000}).read())
    assert samples.tolist() == [[1.0, -1.0]]


@pytest.mark.parametrize(
    "waveform",
    [torch.zeros(2, 1, 8), torch.zeros(1, 8), torch.zeros(1, 1, 0), torch.full((1, 1, 4), float("nan"))],
)
def test_a_sound_that_cannot_be_meant_is_refused(waveform: torch.Tensor) -> None:
    with pytest.raises(InputError) as caught:
        audio_file({"waveform": waveform, "sample_rate": 8000})
    assert caught.value.key == "bad_audio"


def test_a_video_is_an_mp4_and_its_temporary_file_goes() -> None:
    video = SavedVideo(b"film")
    assert video_file(video).read() == b"film"
    assert [path.suffix for path in video.paths] == [".mp4"] and not video.paths[0].exists()

"""The pictures in the sandbox's videos: Motion JPEG, whose frames are whole JPEG files behind each other."""

from __future__ import annotations

_START = b"\xff\xd8\xff"


def frames_of(video: bytes) -> list[bytes]:
    """The frames of a Motion-JPEG video, each a JPEG file (what follows its end mark is not part of it).

    Empty for a video of another kind. Inside a frame the bytes of a start mark cannot stand: the coder of JPEG
    stuffs them.
    """
    _, *frames = video.split(_START)
    return [_START + frame for frame in frames]

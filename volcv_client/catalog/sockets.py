"""The kinds of inputs that are sockets: pictures, the watermark and further controls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from ..errors import InputError
from ..messages import say
from .inputs import Attachment, Given, Input, Number
from .wire_path import INLINE_URI, UPLOAD_URI, Json, place, put, put_all

FIRST_PICTURE = ""


def next_index(attachments: Sequence[Attachment], *, upload: bool = False) -> int:
    """Place of the next inline image in its array, or of the next file among the uploads."""
    return sum(one.upload is upload for one in attachments)


@dataclass(frozen=True)
class Control:
    """A further control: its image (in the inputs of a run a batch of images), its type (canny, depth, pose) and its
    strength 0..1."""

    image: Any
    type: str
    strength: float


@dataclass(frozen=True, kw_only=True)
class FileSocket(Input):
    """A socket whose content is a file: a picture, a video or a sound.

    ``link_path``: the model takes a link only, at that wire path (``[]`` at its end: the next element of a list), so
    the file is uploaded when the call is sent. ``url_input`` names the text input whose URL takes its place.
    """

    missing: ClassVar[str] = "no_image"

    required: bool = False
    link_path: str | None = None
    url_input: str | None = None

    def url(self, given: Given) -> str:
        """The URL that takes the file's place; empty if there is none."""
        return str(given.get(self.url_input, "")).strip() if self.url_input else ""

    def is_given(self, given: Given) -> bool:
        return self.name in given or bool(self.url(given))

    def check(self, given: Given) -> list[str]:
        if self.required and not self.is_given(given):
            raise InputError(self.missing, name=self.name)
        url = self.url(given)
        if url and not re.match(r"https?://[^\s/]", url):
            raise InputError("bad_url", name=self.url_input, value=url[:60])
        if url and self.name in given:
            return [say("note.url_wins", name=self.name, url_input=self.url_input)]
        return []

    def link(self, body: dict[str, Any], given: Given, attachments: list[Attachment], image: Attachment) -> None:
        """Write the URL, or what stands for the link of the file that is to be uploaded."""
        uri = f"{UPLOAD_URI}{next_index(attachments, upload=True)}"
        put(body, place(body, self.link_path or ""), self.url(given) or uri)
        if not self.url(given):
            attachments.append(replace(image, upload=True))


@dataclass(frozen=True, kw_only=True)
class Media(FileSocket):
    """A video or a sound, which is uploaded: a :class:`..request.media.MediaFile`."""

    def attach(self, body: dict[str, Any], given: Given, attachments: list[Attachment]) -> None:
        if self.is_given(given):
            self.link(body, given, attachments, Attachment(self.name, given.get(self.name)))


@dataclass(frozen=True, kw_only=True)
class Video(Media):
    kind = "video"
    missing = "no_video_file"


@dataclass(frozen=True, kw_only=True)
class Audio(Media):
    kind = "audio"
    missing = "no_audio_file"


@dataclass(frozen=True, kw_only=True)
class Picture(FileSocket):
    """A picture, which travels in ``binary_data_base64`` unless the model takes a link only.

    ``uri_path``: the model wants a URL string there, so the place in the array is named by
    ``uri://binary_data?index=N``. ``index_path``: the model wants the bare number there. ``present``/``absent`` are
    wire values that follow from the picture being given or not, ``inline`` those that hold only for a picture sent
    inline. ``alpha``: the service reads transparency, so it is kept; elsewhere it is flattened onto white. ``fit_to``:
    see :class:`Attachment`.
    """

    kind = "picture"
    alpha: bool = False
    uri_path: str | None = None
    index_path: str | None = None
    present: Mapping[str, Json] = field(default_factory=dict)
    absent: Mapping[str, Json] = field(default_factory=dict)
    inline: Mapping[str, Json] = field(default_factory=dict)
    fit_to: str | None = None

    def attach(self, body: dict[str, Any], given: Given, attachments: list[Attachment]) -> None:
        url, index = self.url(given), next_index(attachments)
        put_all(body, self.present if self.is_given(given) else self.absent)
        if self.link_path and self.is_given(given):
            self.link(body, given, attachments, Attachment(self.name, given.get(self.name), self.alpha, self.fit_to))
        elif url and self.uri_path:
            put(body, self.uri_path, url)
        elif self.name in given:
            if self.uri_path:
                put(body, self.uri_path, f"{INLINE_URI}{index}")
            if self.index_path:
                put(body, self.index_path, index)
            put_all(body, self.inline)
            attachments.append(Attachment(self.name, given[self.name], self.alpha, self.fit_to))


@dataclass(frozen=True, kw_only=True)
class MaskPicture(Picture):
    """A mask (0..1, 1 = selected), sent as an 8-bit grey PNG as large as the picture named by ``fit_to``."""

    kind = "mask"
    fit_to: str = FIRST_PICTURE


@dataclass(frozen=True, kw_only=True)
class Watermark(Input):
    """The visible watermark block. ``off`` is sent when nothing is connected."""

    kind = "watermark"
    off: Mapping[str, Json]

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.name,)

    def write(self, body: dict[str, Any], given: Given) -> None:
        put(body, self.name, dict(given.get(self.name) or self.off))


@dataclass(frozen=True, kw_only=True)
class Controls(Input):
    """Further controls, a list of :class:`Control`: each adds its image to the array and an object to the list at
    ``path``. It stands after the model's pictures; ``strength`` has the limits of a control's strength."""

    kind = "controls"
    path: str
    strength: Number

    @property
    def paths(self) -> tuple[str, ...]:
        return (self.path,)

    def check(self, given: Given) -> list[str]:
        controls = given.get(self.name, ())
        return [note for control in controls for note in self.strength.check({self.strength.name: control.strength})]

    def attach(self, body: dict[str, Any], given: Given, attachments: list[Attachment]) -> None:
        for control in given.get(self.name, ()):
            index = next_index(attachments)
            entry = {"type": control.type, "binary_data_index": index, "strength": control.strength}
            put(body, f"{self.path}[{len(body.get(self.path, []))}]", entry)
            attachments.append(Attachment(self.name, control.image))

"""The record of a result: the facts of one answered call, and its picture or video files.

The store, the command, the nodes and the Python API all hand out this record; the store keeps most of its fields.
"""

from __future__ import annotations

import re
import shutil
import stat
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..errors import StoreError
from ..images.formats import CONTENT_TYPES, VIDEO_EXTENSION, picture_extension
from ..money import CallPrice
from ..request.json_body import prompt_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

REQUEST_ID_TAIL = 8
"""Characters of a request id that tell file names apart."""


@dataclass(frozen=True)
class ResultFile:
    """A picture or video of a result: its bytes in memory, a file on disk, or both. A video is always a file."""

    path: Path | None = None
    data: bytes | None = field(default=None, repr=False)

    @property
    def is_video(self) -> bool:
        return self.data is None and self.extension == VIDEO_EXTENSION

    @property
    def extension(self) -> str:
        """``.png``, ``.jpg``, ``.webp``, ``.bmp`` or ``.mp4``; a video that is still being stored counts as MP4."""
        if self.data is not None:
            return picture_extension(self.data)
        suffix = self.path.suffix if self.path else ""
        return suffix if suffix in CONTENT_TYPES else VIDEO_EXTENSION

    @property
    def size(self) -> int:
        """Bytes. Raises StoreError if the file is gone."""
        return len(self.data) if self.data is not None else self._on_disk().stat().st_size

    def _on_disk(self) -> Path:
        """Raises StoreError "file_missing", or OSError if it cannot be looked at."""
        if self.path is None or not self._exists(self.path):
            raise StoreError("file_missing", problem=self.path.name if self.path else "")
        return self.path

    @staticmethod
    def _exists(path: Path) -> bool:
        try:
            return stat.S_ISREG(path.stat().st_mode)
        except FileNotFoundError:
            return False

    def read(self) -> bytes:
        """The bytes of the file, as the service sent them. Raises StoreError if they are gone."""
        try:
            return self.data if self.data is not None else self._on_disk().read_bytes()
        except OSError as error:
            raise StoreError("store_unreadable", problem=error.strerror or "") from None

    def copy_to(self, target: IO[bytes]) -> None:
        """Write the bytes to an open file; a video is copied in chunks. Raises StoreError or OSError."""
        if self.is_video:
            with self._on_disk().open("rb") as source:
                shutil.copyfileobj(source, target)
        else:
            target.write(self.read())

    def image(self) -> Image.Image:
        """The picture as a PIL image. Raises what Pillow raises for a file that it cannot read."""
        from PIL import Image  # lazy import: the listing of results shows no pictures

        image = Image.open(BytesIO(self.read()))
        image.load()
        return image

    def pixels(self) -> NDArray[np.float32]:
        """The picture as RGB float32 ``[H, W, 3]`` in 0..1. Raises BadAnswerError for a broken picture."""
        from ..images.decode import decode_image  # lazy import, see image()

        return decode_image(self.read())

    def save(self, target: str | Path) -> Path:
        """Write the file and return its path. Replaces an existing file; raises OSError if it cannot be written.

        The bytes are the service's own when the extension fits them or is missing; a picture is converted by Pillow
        when ``target`` has the extension of another format.
        """
        path = Path(target)
        if not path.suffix:
            path = path.with_name(path.name + self.extension)
        same = path.suffix.lower().replace(".jpeg", ".jpg") == self.extension
        if not same and not self.is_video:
            image = self.image()
            opaque = path.suffix.lower() in (".jpg", ".jpeg", ".bmp")
            (image.convert("RGB") if opaque else image).save(path)
            return path
        with path.open("wb") as file:
            self.copy_to(file)
        return path


@dataclass(frozen=True)
class Result:
    """One answered call.

    ``request_id`` the service's id; ``fingerprint`` the cache key of the request; ``reusable``: an equal request may
    be answered by it, because its seed is fixed; ``seed`` None if the service picked it; ``seconds`` the service's
    own time, else the measured time; ``cost`` the answer's ``comfyui_cost``, None if it has none: most likely seconds,
    by no means money; ``price`` the expected price of the call when it was sent, None if none was known;
    ``texts`` by their key in ``data``; ``image_urls`` links as answered; ``request`` the body without pictures;
    ``node`` and ``inputs``: id of the node and inputs of the call, see :mod:`..request.recorded`, empty in records of
    earlier versions; ``favourite``: never evicted; ``created`` Unix time; ``files`` in order, empty while only the
    links of a charged answer are known; ``charged`` is false for the sandbox's; ``reuses`` counts requests that it
    answered for free; ``id`` its row in the store, never given to another, 0 if it is not stored. ``reused`` and
    ``notes`` belong to the call that hands it out: nothing was charged for it now, and lines for the user;
    ``problem``: why it could not be stored.
    """

    request_id: str
    req_key: str
    fingerprint: str
    reusable: bool
    seed: int | None
    seconds: float | None
    cost: float | None
    texts: Mapping[str, str]
    image_urls: Sequence[str]
    request: Mapping[str, Any]
    node: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    favourite: bool = False
    created: float = field(default_factory=time.time)
    files: tuple[ResultFile, ...] = ()
    charged: bool = True
    reuses: int = 0
    id: int = 0
    reused: bool = False
    notes: tuple[str, ...] = ()
    problem: str = ""
    price: CallPrice | None = None

    @property
    def amount(self) -> float | None:
        """Estimated charge in the currency of ``price``, for every picture that the answer has; None if not known."""
        return self.price.total(max(len(self.files), len(self.image_urls))) if self.price else None

    @property
    def currency(self) -> str:
        """Currency of ``amount``, empty if that is not known."""
        return self.price.currency if self.price else ""

    @property
    def pictures(self) -> tuple[ResultFile, ...]:
        """The files: pictures, or the video."""
        return self.files

    @property
    def is_video(self) -> bool:
        return any(file.is_video for file in self.files)

    @property
    def prompt(self) -> str:
        """The prompt of the request, whatever the model calls it."""
        return prompt_of(self.request)

    def file_stem_for(self, name: str) -> str:
        """``<name>-<seed or end of the request id>``, with characters that every file system takes."""
        tail = re.sub(r"[^A-Za-z0-9]", "", self.request_id)[-REQUEST_ID_TAIL:] or "result"
        return re.sub(r"[^\w.-]", "_", name) + f"-{self.seed if self.seed is not None else tail}"

    def response(self) -> dict[str, Any]:
        """The call's object in the ``response`` output: never base64, never a key."""
        return {
            "request_id": self.request_id,
            "seed": self.seed,
            "seconds": self.seconds,
            "image_urls": list(self.image_urls),
            "texts": dict(self.texts),
            "cost": self.cost,
            "reused": self.reused,
        }


def search_text(request: Mapping[str, Any], *facts: object) -> str:
    """What the results panel searches: the prompt and some facts, case folded, a line each."""
    return "\n".join(str(fact) for fact in (prompt_of(request), *facts) if fact not in (None, "")).casefold()

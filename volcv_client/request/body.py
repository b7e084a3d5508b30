"""From the inputs of one call to its draft and its request, as the model's declaration says. Knows no req_key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any

from ..catalog.inputs import Attachment, Given
from ..catalog.sockets import FIRST_PICTURE
from ..catalog.spec import SYNCHRONOUS, Mode, Model, PictureLimits
from ..catalog.wire_path import put_all
from ..images.encode import EncodedImage, EncodeOptions
from ..images.image import Mask
from ..messages import say
from .inputs import active_inputs, json_fields
from .json_body import PICTURES_FIELD, fingerprint, names_images
from .media import MediaFile
from .recorded import recorded_inputs

UPLOADS_FIELD = "uploads"
"""Field of the uploaded files in fingerprints; no request has it."""


@dataclass(frozen=True)
class Request:
    """What is sent for one call: the JSON body, with inline images as the bytes of their files, and its action.

    ``uploads``: files whose links the body needs, where :data:`..catalog.wire_path.UPLOAD_URI` stands for them.
    ``notes``: what the encoding of images had to change, in the user's language. ``result_request``: fields of the
    request for a task's result (``req_json``).
    """

    body: Mapping[str, Any]
    mode: Mode = SYNCHRONOUS
    notes: tuple[str, ...] = ()
    result_request: Mapping[str, Any] = field(default_factory=dict)
    uploads: tuple[bytes, ...] = ()

    def identity(self) -> Mapping[str, Any]:
        """Everything that the answer depends on."""
        return identity_of(self.body, self.mode, self.result_request)


@dataclass(frozen=True)
class Draft:
    """A request whose images are not encoded yet.

    ``json``: the body without its images; PICTURES_FIELD is in it only if the user's own JSON brought it, and then
    there are no inline images. ``lossless``: see :class:`..images.encode.EncodeOptions`. ``result_request``: see
    :class:`Request`. ``takes_links``: links may stand in place of the images. ``node`` and ``inputs``: see
    :class:`..store.result.Result`.
    """

    json: Mapping[str, Any] = field(repr=False)
    attachments: tuple[Attachment, ...]
    limits: PictureLimits
    lossless: bool
    mode: Mode
    result_request: Mapping[str, Any]
    takes_links: bool = False
    node: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def body(self) -> Mapping[str, Any]:
        """The body without PICTURES_FIELD, as results store it."""
        return {name: value for name, value in self.json.items() if name != PICTURES_FIELD}

    def fingerprint(self, *target: str) -> str:
        """Cache key of the request and the target that it is sent to. Encodes nothing.

        With images: from their pixels and what decides their encoding, so that another version of a codec does not
        change it. Without: equal to :func:`.json_body.fingerprint` of the request. Raises InputError if an image file
        cannot be read.
        """
        json = dict(self.json)
        if inline := self._attached(upload=False):
            json[PICTURES_FIELD] = list(self._describe(inline))  # a list per image, which no request holds
        if uploads := self._attached(upload=True):
            json[UPLOADS_FIELD] = list(self._describe(uploads))
        return fingerprint(identity_of(json, self.mode, self.result_request), *target)

    def _attached(self, *, upload: bool) -> list[Attachment]:
        return [item for item in self.attachments if item.upload is upload]

    def _describe(self, attachments: Sequence[Attachment]) -> Iterator[list[Any]]:
        """Everything that the files depend on, as JSON."""
        places: dict[str | None, int] = {}
        for place, item in enumerate(attachments):
            if isinstance(item.image, MediaFile):
                yield ["media", item.image.digest()]
                continue
            kind = "mask" if isinstance(item.image, Mask) else "picture"
            fit_to = None if item.fit_to is None else places.get(item.fit_to, place)
            options = encode_options(self.limits, item, self.limits.max_base64, lossless=self.lossless)
            yield [kind, item.image.digest(), fit_to, *astuple(options), self.limits.max_total_base64]
            places[item.name] = place
            places.setdefault(FIRST_PICTURE, place)

    def encode(self, *, linked: bool = False) -> Request:
        """The request with its images encoded, so call it in a worker thread. ``linked``: they are sent as links.

        Raises InputError if an image cannot be encoded within the service's limits.
        """
        inline, uploads = self._attached(upload=False), self._attached(upload=True)
        pictures = [item for item in uploads if not isinstance(item.image, MediaFile)]
        encoded = encode_within(self.limits, inline, lossless=self.lossless, linked=linked)
        uploaded = encode_within(self.limits, pictures, lossless=self.lossless, linked=True)
        files = {PICTURES_FIELD: [image.data for image in encoded]} if encoded else {}
        pairs = zip((*inline, *pictures), (*encoded, *uploaded), strict=True)
        notes = tuple(note for item, image in pairs for note in encoding_notes(item.name, image))
        of_pictures = iter(uploaded)
        data = (one.image.read() if isinstance(one.image, MediaFile) else next(of_pictures).data for one in uploads)
        return Request({**self.json, **files}, self.mode, notes, self.result_request, tuple(data))


def draft(model: Model, given: Given, *, lossless: bool = False) -> Draft:
    """The draft of one call with checked inputs. Cheap: no image is read. ``lossless``: pictures are sent as PNG."""
    body: dict[str, Any] = {"req_key": model.req_key_of(given)}
    put_all(body, model.fixed)
    attachments: list[Attachment] = []
    active = list(active_inputs(model, given))
    for input_ in active:
        input_.write(body, given)
    for input_ in active:
        input_.attach(body, given, attachments)
    body |= json_fields(model, given)
    if PICTURES_FIELD in body:
        attachments = [item for item in attachments if item.upload]
    mode = model.mode(given)
    result_request = {name: body.pop(name) for name in mode.result_fields if name in body}
    shared = tuple(replace(item, image=item.image.share()) for item in attachments)
    inline = any(not item.upload for item in shared)
    links = inline and (model.takes_links or names_images(body))
    recorded = recorded_inputs(model, given)
    return Draft(body, shared, model.limits, lossless, mode, result_request, links, model.node_id, recorded)


def build(model: Model, given: Given, *, lossless: bool = False) -> Request:
    """The request of one call with checked inputs, see :func:`draft` and :meth:`Draft.encode`."""
    return draft(model, given, lossless=lossless).encode()


def identity_of(body: Mapping[str, Any], mode: Mode, result_request: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**body, "req_json": result_request} if mode.result_action else body


def encode_options(limits: PictureLimits, item: Attachment, max_base64: int, *, lossless: bool) -> EncodeOptions:
    return EncodeOptions(lossless, item.alpha, limits.max_side, max_base64)


def encode_within(
    limits: PictureLimits, attachments: Sequence[Attachment], *, lossless: bool, linked: bool
) -> list[EncodedImage]:
    """Every attachment as a file, within the limits per picture and per request."""
    inline = 0 if linked else limits.max_inline_base64
    most = inline or limits.max_total_base64
    each = [limits.max_base64] * len(attachments)
    encoded = encode_each(limits, attachments, each, lossless=lossless)
    if inline and sum(image.base64_length for image in encoded) > most:
        limits = replace(limits, max_side=min(limits.max_side, limits.inline_side))
        encoded = encode_each(limits, attachments, each, lossless=lossless)
    sizes = [image.base64_length for image in encoded]
    if sum(sizes) <= most:
        return encoded
    # Masks are small and keep the size of their picture, so only the pictures are reduced, the largest ones first.
    pictures = sorted((p for p, item in enumerate(attachments) if item.fit_to is None), key=sizes.__getitem__)
    left = max(0, most - sum(sizes) + sum(sizes[place] for place in pictures))
    for shared, place in enumerate(pictures):
        each[place] = min(sizes[place], left // (len(pictures) - shared))
        left -= each[place]
    return encode_each(limits, attachments, each, lossless=lossless)


def encode_each(
    limits: PictureLimits, attachments: Sequence[Attachment], max_base64: Sequence[int], *, lossless: bool
) -> list[EncodedImage]:
    """Every attachment as a file of at most so many characters of base64; masks as large as their pictures."""
    sizes: dict[str | None, tuple[int, int]] = {}
    encoded = []
    for item, most in zip(attachments, max_base64, strict=True):
        options = encode_options(limits, item, most, lossless=lossless)
        image: EncodedImage = item.image.encode(options, sizes.get(item.fit_to))
        sizes[item.name] = image.width, image.height
        sizes.setdefault(FIRST_PICTURE, sizes[item.name])
        encoded.append(image)
    return encoded


def encoding_notes(name: str, image: EncodedImage) -> Iterator[str]:
    if image.resized_from:
        width, height = image.resized_from
        yield say("note.resized", name=name, before=f"{width}x{height}", after=f"{image.width}x{image.height}")
    elif image.quality:
        yield say("note.recompressed", name=name, quality=image.quality)

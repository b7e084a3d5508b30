"""The cache key of a request: from its pixels, before anything is encoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from volcv_client.catalog import model
from volcv_client.catalog.spec import Control, Model
from volcv_client.errors import InputError
from volcv_client.images.encode import EncodedImage, EncodeOptions
from volcv_client.images.image import FileImage, Image, Mask
from volcv_client.images.pixels import Pixels, to_uint8
from volcv_client.request.body import Draft, draft
from volcv_client.request.json_body import PICTURES_FIELD, fingerprint
from volcv_client.request.plan import plan

from .helpers import CHARACTER, CONTROLNET, OUTPAINT, PRODUCT, T2I, colour, half_mask, noise, without

TARGET = ("https://gateway.example", "CVProcess")


class Uncoded(Image):
    """A picture that no codec may touch."""

    def encode(self, options: EncodeOptions, size: tuple[int, int] | None = None) -> EncodedImage:
        raise AssertionError("encoded")


def drafted(
    key: str | Model, pictures: Mapping[str, Any] | None = None, lossless: bool = False, **values: Any
) -> Draft:
    one = model(key) if isinstance(key, str) else key
    return draft(one, {**one.defaults(), **values, **(pictures or {})}, lossless=lossless)


def key_of(*args: Any, **options: Any) -> str:
    return drafted(*args, **options).fingerprint(*TARGET)


def key_with(pixels: Pixels) -> str:
    return key_of(CHARACTER, {"image": Uncoded(pixels)})


CAT = "08015d367a5785a33d54b83858f45972fc85f0ca4411a0faeed127ab24a5ffa3"
SIZED = "68555d023a727a0dfb4460cbd48101e55faf973b8437bf9a653ddee50676691f"
"""Keys that earlier versions computed."""


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [(T2I, {"prompt": "a cat \u732b", "seed": 7}, CAT), ("jimeng_t2i_v40", {"prompt": "a"}, SIZED)],
)
def test_the_key_of_a_request_without_images_is_that_of_earlier_versions(
    key: str, values: dict[str, Any], expected: str
) -> None:
    one = drafted(key, **values)
    assert one.fingerprint(TARGET[0], one.mode.action) == expected
    assert fingerprint(one.encode().identity(), TARGET[0], one.mode.action) == expected


def test_images_of_the_user_s_own_json_are_a_part_of_the_key_as_before() -> None:
    text = '{"binary_data_base64": ["QUJD"], "seed": 5}'
    one = drafted("any", {"image_1": Uncoded(colour().pixels)}, req_key="x", body=text)
    expected = "ad9a9d11bf541f6dbef7608b183be31dabf8120af423169f9096fb63ebbb37e7"
    assert one.fingerprint("sandbox", "CVProcess") == expected
    assert one.encode().body[PICTURES_FIELD] == ["QUJD"] and PICTURES_FIELD not in one.body
    assert key_of("any", req_key="x", body=text.replace("QUJD", "QUJE")) != one.fingerprint(*TARGET)


@pytest.mark.parametrize("key", [T2I, CHARACTER, "jimeng_t2i_v40", "saliency_seg"])
def test_a_draft_is_its_request_without_images(key: str) -> None:
    images = {"image": colour()} if key in (CHARACTER, "saliency_seg") else {}
    one = drafted(key, images)
    request = one.encode()
    assert one.body == without(request.body, PICTURES_FIELD) and PICTURES_FIELD not in one.body
    assert (one.mode, one.result_request) == (request.mode, request.result_request)
    assert len(request.body.get(PICTURES_FIELD, ())) == len(images)
    assert request == one.encode()


SHAPES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4]))
SAMPLES = hnp.arrays(np.uint8, SHAPES)
FLOATS = hnp.arrays(np.float32, SHAPES, elements=st.floats(width=32, allow_nan=True, allow_infinity=True))


@given(SAMPLES, st.sampled_from([np.float16, np.float32, np.float64]))
def test_equal_samples_have_one_key_whatever_their_type(values: NDArray[np.uint8], kind: type[Any]) -> None:
    key = key_with(values)
    assert key_with((values / 255).astype(kind)) == key
    assert key_with(values[::-1, ::-1].copy()[::-1, ::-1]) == key, "whatever the strides"


@given(FLOATS)
def test_a_float_picture_has_the_key_of_what_it_rounds_to(values: NDArray[np.float32]) -> None:
    assert key_with(values) == key_with(to_uint8(values))


@given(SAMPLES, st.data())
def test_one_changed_sample_is_another_key(values: NDArray[np.uint8], data: st.DataObject) -> None:
    changed = values.copy()
    place = data.draw(st.tuples(*(st.integers(0, side - 1) for side in values.shape)))
    changed[place] ^= data.draw(st.integers(1, 255))
    assert key_with(changed) != key_with(values)


@given(SAMPLES)
def test_another_shape_of_the_same_samples_is_another_key(values: NDArray[np.uint8]) -> None:
    height, width, channels = values.shape
    keys = {key_with(values.reshape(shape)) for shape in {(height, width, channels), (width, height, channels)}}
    assert len(keys) == (1 if height == width else 2)


@settings(max_examples=20)
@given(st.integers(1, 400), st.integers(1, 400))
def test_blocks_do_not_change_the_key(height: int, width: int) -> None:
    values = np.arange(height * width * 3, dtype=np.uint32).astype(np.uint8).reshape(height, width, 3)
    assert key_with(values) == key_with(values.astype(np.float32) / 255)
    changed = values.copy()
    changed[-1, -1, -1] ^= 1
    assert key_with(changed) != key_with(values)


def test_whatever_decides_the_encoding_is_a_part_of_the_key() -> None:
    image = {"image": colour()}
    one = model("saliency_seg")
    (picture,) = one.pictures()
    others = [
        one,
        *(
            replace(one, limits=replace(one.limits, **{name: 1000}))
            for name in ("max_side", "max_base64", "max_total_base64")
        ),
        replace(one, inputs=tuple(replace(i, alpha=not picture.alpha) if i is picture else i for i in one.inputs)),
    ]
    keys = [*(key_of(other, image) for other in others), key_of(one, image, lossless=True)]
    assert len(set(keys)) == len(keys)
    assert key_of(replace(one, limits=replace(one.limits, min_side=7, max_ratio=9.0)), image) == keys[0]


def test_target_fields_and_order_are_a_part_of_the_key() -> None:
    first, second = colour(), noise(20, 20)
    one = drafted("any", {"image_1": first, "image_2": second}, req_key="x")
    keys = {
        one.fingerprint(*TARGET),
        one.fingerprint("https://other.example", TARGET[1]),
        one.fingerprint(TARGET[0], "CVSync2AsyncSubmitTask"),
        key_of("any", {"image_1": second, "image_2": first}, req_key="x"),
        key_of("any", {"image_1": first}, req_key="x"),
        key_of("any", {"image_1": first, "image_2": first}, req_key="x"),
        key_of("any", {"image_1": first, "image_2": second}, req_key="y"),
        key_of("any", {"image_1": first, "image_2": second}, req_key="x", body='{"a": 1}'),
        key_of("any", req_key="x"),
    }
    assert len(keys) == 9
    assert key_of("any", {"image_4": first, "image_7": second}, req_key="x") == one.fingerprint(*TARGET)


def test_masks_are_no_pictures_and_know_what_they_are_fitted_to() -> None:
    wide, mask = colour(64, 40), half_mask(64, 40)
    base = key_of(OUTPAINT, {"image": wide, "mask": mask})
    assert base == key_of(OUTPAINT, {"image": wide, "mask": Mask(to_uint8(mask.pixels))})
    assert base != key_of(OUTPAINT, {"image": wide, "mask": Mask(1 - mask.pixels)})
    assert base != key_of(OUTPAINT, {"image": wide, "mask": half_mask(32, 40)})
    one = model(OUTPAINT)
    loose = replace(one, inputs=tuple(replace(i, fit_to=None) if i.name == "mask" else i for i in one.inputs))
    assert base != key_of(loose, {"image": wide, "mask": mask})
    grey = Image(mask.pixels[:, :, None])
    assert base != key_of(OUTPAINT, {"image": wide, "mask": grey})


def test_controls_are_a_part_of_the_key() -> None:
    def key(image: Image, strength: float = 0.5) -> str:
        return key_of(CONTROLNET, {"image": colour(), "more_controls": [Control(image, "depth", strength)]})

    assert len({key(colour()), key(noise(9, 9)), key(colour(), 0.6)}) == 3


def test_a_file_has_the_key_of_its_pixels(tmp_path: Path) -> None:
    source = noise(33, 21)
    path = tmp_path / "a.png"
    PIL.Image.fromarray(source.pixels).save(path)
    file = FileImage(path)
    assert key_of(PRODUCT, {"product_image": file}) == key_of(PRODUCT, {"product_image": source})
    path.write_bytes(b"no picture")
    with pytest.raises(InputError) as caught:
        key_of(PRODUCT, {"product_image": file})
    assert caught.value.key == "unreadable_file"


def test_a_file_that_changes_after_its_key_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    PIL.Image.fromarray(noise(33, 21).pixels).save(path)
    file = FileImage(path)
    one, unasked = (drafted(CHARACTER, {"image": file}) for _ in range(2))
    before = one.fingerprint(*TARGET)
    PIL.Image.fromarray(colour(33, 21).pixels).save(path)
    with pytest.raises(InputError) as caught:
        one.encode()
    assert caught.value.key == "changed_file" and one.fingerprint(*TARGET) == before
    assert unasked.encode().body[PICTURES_FIELD]
    again = drafted(CHARACTER, {"image": file})
    assert again.fingerprint(*TARGET) != before and again.encode().body[PICTURES_FIELD]


class Counted(Image):
    reads = 0

    @property
    def pixels(self) -> Pixels:
        type(self).reads += 1
        return super().pixels


def test_the_calls_of_a_batch_hash_a_picture_once_and_encode_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counted, "reads", 0)
    source = Counted(noise(300, 200).pixels)
    calls = plan(model(CHARACTER), {"image": [source], "count": 4, "seed": 3, "prompt": "a"}).calls
    drafts = [draft(model(CHARACTER), call.given) for call in calls]
    at_start = Counted.reads
    barrier, keys = Barrier(4), set()

    def work(one: Draft) -> None:
        barrier.wait()
        keys.add(one.fingerprint(*TARGET))

    threads = [Thread(target=work, args=[one]) for one in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 4 and Counted.reads - at_start == 1
    files = [one.encode().body[PICTURES_FIELD][0] for one in drafts]
    assert all(data is files[0] for data in files) and Counted.reads - at_start == 2


def test_a_picture_that_is_painted_over_between_runs_has_another_key() -> None:
    """Only the copies of one run remember."""
    values = noise(20, 20).pixels.copy()
    image = Image(values)
    before = key_of(CHARACTER, {"image": image})
    values[:] = 0
    assert key_of(CHARACTER, {"image": image}) != before


def test_the_body_of_a_draft_is_json() -> None:
    one = drafted(OUTPAINT, {"image": colour(), "mask": half_mask(9, 9)})
    assert json.loads(json.dumps(one.body)) == one.body

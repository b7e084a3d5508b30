"""The batch that answers are decoded into."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tests.support import pictures
from volcv_client.calls.call import FileDecoder
from volcv_client.errors import BadAnswerError
from volcv_client.images import decode
from volcv_client.images.batch import ImageBatch, stack
from volcv_client.store.result import ResultFile


def png(level: int, height: int = 4, width: int = 6) -> bytes:
    return pictures.png(width, height, colour=(level, level, level))


def levels(batch: np.ndarray) -> list[float]:
    """The brightest value of each picture, 0..255."""
    return [round(float(one.max()) * 255, 3) for one in batch]


def test_equal_pictures_are_decoded_straight_into_the_batch() -> None:
    images = ImageBatch(3)
    shown = {position: images.decode(position, png(50 + position)) for position in (2, 0, 1)}
    batch, padded = images.stack()
    assert batch.shape == (3, 4, 6, 3) and batch.dtype == np.float32 and not padded
    assert levels(batch) == [50, 51, 52]
    assert all(np.shares_memory(batch[position], one) for position, one in shown.items())


def test_the_pictures_are_in_memory_once() -> None:
    files = [png(10 * number, 256, 320) for number in range(4)]
    tracemalloc.start()
    images = ImageBatch(4)
    for position, data in enumerate(files):
        images.decode(position, data)
    batch, _ = images.stack()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert batch.nbytes <= held < 1.1 * batch.nbytes


def test_several_pictures_of_a_position_and_other_sizes_are_kept_in_order() -> None:
    images = ImageBatch(2)
    images.decode(1, png(102, 2, 6))
    images.decode(0, png(255))
    images.decode(0, png(51))
    batch, padded = images.stack()
    assert batch.shape == (3, 4, 6, 3) and padded
    assert [round(float(one[2].mean()) * 255) for one in batch] == [255, 51, 102]
    assert batch[2, 0].max() == 0 and batch[2, 3].max() == 0


def test_positions_without_a_picture_are_left_out() -> None:
    images = ImageBatch(4)
    images.decode(3, png(30))
    images.decode(1, png(10))
    batch, padded = images.stack()
    assert levels(batch) == [10, 30] and not padded


def test_a_position_that_is_decoded_again_replaces_what_it_brought() -> None:
    images = ImageBatch(2)
    images.decode(1, png(90))
    images.decode(0, png(10))
    images.decode(0, png(20))
    images.clear(0)
    again = images.decode(0, png(40))
    batch, _ = images.stack()
    assert levels(batch) == [40, 90] and np.shares_memory(batch[0], again)


@pytest.mark.parametrize("broken", [b"", png(20)[:40], png(20)[:-12]])
def test_a_broken_picture_leaves_the_others_of_its_answer(broken: bytes) -> None:
    images = ImageBatch(2)
    images.decode(1, png(90))
    images.decode(0, png(10))
    with pytest.raises(BadAnswerError):
        images.decode(0, broken)
    assert levels(images.stack()[0]) == [10, 90]
    images.clear(0)
    images.decode(0, png(40))
    assert levels(images.stack()[0]) == [40, 90]


def test_a_place_whose_picture_failed_is_taken_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    images = ImageBatch(1)
    with monkeypatch.context() as patched:
        patched.setattr(np, "divide", no_memory)
        with pytest.raises(MemoryError):
            images.decode(0, png(10))
    again = images.decode(0, png(20))
    batch, _ = images.stack()
    assert levels(batch) == [20] and np.shares_memory(batch, again)


def no_memory(*_: object, **__: object) -> None:
    raise MemoryError


def test_a_failure_beside_a_picture_in_place_leaves_that(monkeypatch: pytest.MonkeyPatch) -> None:
    images = ImageBatch(1)
    kept = images.decode(0, png(10))
    with monkeypatch.context() as patched:
        patched.setattr(np, "divide", no_memory)
        with pytest.raises(MemoryError):
            images.decode(0, png(20))
    batch, _ = images.stack()
    assert levels(batch) == [10] and np.shares_memory(batch, kept)


def decode_files(decoder: FileDecoder, files: Sequence[ResultFile]) -> None:
    for file in files:
        decoder.decode(file)


@pytest.mark.parametrize("pixels", [None, ImageBatch(2)])
def test_a_broken_or_too_large_answer_leaves_its_position_empty(
    monkeypatch: pytest.MonkeyPatch, pixels: ImageBatch | None
) -> None:
    monkeypatch.setattr(decode, "MAX_ANSWER_TOTAL_PIXELS", 60)
    good = ResultFile(data=png(10))
    decode_files(FileDecoder(pixels, 1), [good, good])
    decoder = FileDecoder(pixels, 0)
    for files, key in [([good, ResultFile(data=png(9)[:40])], "picture_broken"), ([good] * 3, "picture_bomb")]:
        with pytest.raises(BadAnswerError) as caught:
            decode_files(decoder, files)
        assert caught.value.key == key
        decoder.clear()
    assert pixels is None or levels(pixels.stack()[0]) == [10, 10]


def test_many_threads_fill_one_batch() -> None:
    files = [png(number + 1, 40, 30) for number in range(24)]
    images = ImageBatch(len(files))
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(images.decode, range(len(files)), files))
    batch, padded = images.stack()
    assert levels(batch) == list(range(1, 25)) and not padded


def test_equal_sizes_make_one_batch_and_different_ones_are_centred_on_black() -> None:
    same, padded = stack([np.full((4, 6, 3), 0.25, np.float32), np.full((4, 6, 3), 0.5, np.float32)])
    assert same.shape == (2, 4, 6, 3) and not padded and np.all(same[1] == 0.5)
    mixed, padded = stack([np.ones((2, 6, 3), np.float32), np.ones((4, 2, 3), np.float32)])
    assert mixed.shape == (2, 4, 6, 3) and padded
    assert np.all(mixed[0, 1:3] == 1) and mixed[0].sum() == 2 * 6 * 3
    assert np.all(mixed[1, :, 2:4] == 1) and mixed[1].sum() == 4 * 2 * 3


def test_masks_are_stacked_the_same_way() -> None:
    masks, padded = stack([np.ones((2, 6), np.float32), np.ones((4, 6), np.float32)])
    assert masks.shape == (2, 4, 6) and padded and masks[0].sum() == 12

"""Where a run's pictures are decoded into, and what is made ready for them while the service works."""

from __future__ import annotations

import io
import threading
import tracemalloc
from collections.abc import Iterator

import pytest
import torch
from PIL import Image
from volcv_pack.nodes import gallery as module
from volcv_pack.nodes.gallery import Gallery

MODEL = "a_model"
HEIGHT, WIDTH = 256, 320
BATCH_BYTES = 4 * HEIGHT * WIDTH * 3 * 4


def png(level: int, height: int = HEIGHT, width: int = WIDTH) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (level, level, level)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(autouse=True)
def no_sizes_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_last_sizes", {})


@pytest.fixture()
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def held() -> int:
    return tracemalloc.get_traced_memory()[0]


def filled(gallery: Gallery, levels: list[int]) -> torch.Tensor:
    """The batch after pictures of these levels arrived, last one first."""
    shown = [gallery.decode(place, png(levels[place])) for place in reversed(range(len(levels)))]
    return gallery.batch(shown[::-1])[0]


def test_a_gallery_decodes_equal_pictures_straight_into_the_batch() -> None:
    gallery = Gallery("m", 3)
    shown = [gallery.decode(position, png(50 * position, 4, 6)) for position in (2, 0, 1)]
    shown = [shown[1], shown[2], shown[0]]
    batch, padded = gallery.batch(shown)
    assert batch.shape == (3, 4, 6, 3) and not padded
    assert [float(one.mean()) for one in batch] == pytest.approx([0, 50 / 255, 100 / 255])
    assert batch[1].data_ptr() == shown[1].data_ptr()


def test_a_gallery_keeps_second_pictures_and_other_sizes() -> None:
    gallery = Gallery("m", 2)
    first, edges = (gallery.decode(0, png(level, 4, 6)) for level in (255, 51))
    other = gallery.decode(1, png(102, 2, 6))
    batch, padded = gallery.batch([first, edges, other])
    assert batch.shape == (3, 4, 6, 3) and padded
    assert [float(one[2].mean()) for one in batch] == pytest.approx([1, 0.2, 0.4])
    assert float(batch[2, 0].max()) == 0


def test_nothing_is_made_ready_before_a_size_is_known(traced: None) -> None:
    before = held()
    Gallery(MODEL, 4).make_room(lambda: True)
    assert held() - before < 10_000


def test_the_next_batch_is_there_before_its_pictures(traced: None) -> None:
    levels = [10, 60, 110, 160]
    filled(Gallery(MODEL, 4), levels)
    gallery, before = Gallery(MODEL, 4), held()
    gallery.make_room(lambda: True)
    assert BATCH_BYTES <= held() - before < 1.1 * BATCH_BYTES
    batch = filled(gallery, levels)
    assert held() - before < 1.1 * BATCH_BYTES
    assert [float(one.min() * 255) for one in batch] == pytest.approx(levels)
    assert [float(one.max() * 255) for one in batch] == pytest.approx(levels)


@pytest.mark.parametrize("size", [(HEIGHT, 2 * WIDTH), (HEIGHT // 2, WIDTH), (WIDTH, HEIGHT)])
def test_a_wrong_guess_costs_nothing_but_memory_for_a_while(traced: None, size: tuple[int, int]) -> None:
    Gallery(MODEL, 1).decode(0, png(9, *size))
    gallery, before = Gallery(MODEL, 4), held()
    gallery.make_room(lambda: True)
    batch = filled(gallery, [1, 2, 3, 4])
    assert batch.shape == (4, HEIGHT, WIDTH, 3) and held() - before < 1.1 * BATCH_BYTES
    assert [float(one.mean() * 255) for one in batch] == pytest.approx([1, 2, 3, 4], rel=1e-3)


def test_only_the_same_model_tells_the_size(traced: None) -> None:
    filled(Gallery(MODEL, 2), [1, 2])
    before = held()
    Gallery("another_model", 4).make_room(lambda: True)
    assert held() - before < 10_000


def test_more_than_a_gigabyte_is_not_made_ready(traced: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Gallery(MODEL, 1).decode(0, png(9))
    monkeypatch.setattr(module, "MOST_ROOM", BATCH_BYTES - 1)
    gallery, before = Gallery(MODEL, 4), held()
    gallery.make_room(lambda: True)
    assert held() - before < 10_000


def test_making_room_ends_when_it_is_no_longer_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOUCHED_FLOATS", 1000)
    Gallery(MODEL, 1).decode(0, png(9))
    answers = iter([True, True, False])
    Gallery(MODEL, 4).make_room(lambda: next(answers))
    assert next(answers, None) is None


def test_pictures_that_arrive_meanwhile_are_not_blanked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOUCHED_FLOATS", 2000)
    monkeypatch.setattr(module, "PAGE_FLOATS", 1)
    Gallery(MODEL, 1).decode(0, png(9))
    gallery = Gallery(MODEL, 4)
    started = threading.Event()

    def wanted() -> bool:
        started.set()
        return True

    thread = threading.Thread(target=gallery.make_room, args=(wanted,))
    thread.start()
    started.wait(10)
    batch = filled(gallery, [50, 100, 150, 200])
    thread.join(10)
    assert [float(one.min() * 255) for one in batch] == pytest.approx([50, 100, 150, 200])

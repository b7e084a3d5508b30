"""A real ComfyUI shows the nodes exactly as the snapshot says."""

from __future__ import annotations

import pytest

from tests.host.server import find_comfy

from . import snapshot
from .__main__ import comfyui


@pytest.fixture(scope="module")
def shown() -> snapshot.Snapshot:
    if find_comfy() is None:
        pytest.skip("no ComfyUI on this machine (COMFYUI_PATH): the node snapshot is NOT checked against a host")
    with comfyui(True) as client:
        assert client
        return snapshot.take(client.object_info())


def test_graphs_of_earlier_versions_keep_opening(shown: snapshot.Snapshot) -> None:
    """Ids, order, defaults and outputs never change; additions come at the end."""
    assert snapshot.breaks(snapshot.load(), shown) == []


def test_the_snapshot_is_current(shown: snapshot.Snapshot) -> None:
    assert shown == snapshot.load(), "run python -m tests.generate"

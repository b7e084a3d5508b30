"""The results panel's routes over real HTTP."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from tests.host import results_panel
from tests.host.client import Client
from tests.host.graphs import save, text_to_image
from tests.host.results_panel import KEY, Panel, make, until

server, service, panel = results_panel.server, results_panel.service, results_panel.panel


def test_results_over_http(panel: Panel, service: Gateway) -> None:
    make(panel, "a quiet harbour", "a red fox", seed=100)
    newest, oldest = panel.results()
    assert (newest["prompt"], newest["seed"], oldest["prompt"]) == ("a red fox", 101, "a quiet harbour")
    assert panel.results(query="HARBOUR") == [oldest] and panel.results(model="nothing") == []
    assert panel.results(offset=1, limit=1) == [oldest]
    details = panel.get(f"/results/{newest['id']}")
    assert details.headers["Cache-Control"] == "no-store"
    assert details.json()["request"]["seed"] == 101 and details.json()["files"][0]["width"] == 128
    everything = "".join(
        panel.get(path).text for path in ("/results", f"/results/{newest['id']}", "/calls", "/charges", "/prices")
    )
    assert KEY not in everything and "base64" not in everything
    assert KEY not in details.text and service.charged == 2


def test_pictures_over_http(panel: Panel) -> None:
    make(panel, "a picture", seed=200)
    (one,) = panel.results()
    for path, width in ((f"/results/{one['id']}/picture/0", 128), (f"/results/{one['id']}/thumbnail?n=0", 128)):
        for _ in range(2):
            answer = panel.get(path)
            assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            with Image.open(io.BytesIO(answer.content)) as image:
                assert image.width == width and answer.headers["Content-Type"] == Image.MIME[str(image.format)]
    assert panel.get(f"/results/{one['id']}/thumbnail").content == panel.get(path).content


def test_a_video_over_http(panel: Panel, tmp_path: Path) -> None:
    content = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8
    file = tmp_path / "film"
    file.write_bytes(content)
    panel.keep(file, 5, req_key="jimeng_ti2v_v30_pro")
    (one,) = panel.results()
    assert one["kind"] == "video"
    path = f"/results/{one['id']}/picture/0"
    whole, part = panel.get(path), panel.get(path, headers={"Range": "bytes=4-11"})
    assert (whole.status_code, whole.content, part.status_code, part.content) == (200, content, 206, b"ftypmp42")
    for answer in (whole, part):
        assert answer.headers["Content-Type"] == "video/mp4" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == 'inline; filename="jimeng_ti2v_v30_pro-5-1.mp4"'
    assert part.headers["Content-Range"] == f"bytes 4-11/{len(content)}"
    poster = panel.get(f"/results/{one['id']}/thumbnail")
    assert poster.headers["Content-Type"] == "image/jpeg" and "Content-Disposition" not in poster.headers
    with Image.open(io.BytesIO(poster.content)) as image:
        assert (image.format, image.size) == ("JPEG", (256, 256))


@pytest.mark.parametrize(
    "path",
    [
        "/results/99999",
        "/results/..%2f..%2fconfig.json",
        "/results/x/picture/0",
        "/results/{id}/picture/1",
        "/results/{id}/picture/-1",
        "/results/{id}/picture/..%2f..%2findex.db",
        "/results/{id}/picture/%2e%2e",
        "/results/{id}/thumbnail?n=7",
        "/results/{id}/thumbnail?n=../../index.db",
        "/results/..%2f{id}/thumbnail",
    ],
)
def test_no_way_out_of_the_store(panel: Panel, path: str) -> None:
    panel.fill(1)
    (one,) = panel.results()
    answer = panel.get(path.replace("{id}", str(one["id"])))
    assert answer.status_code == 404
    assert b"SQLite" not in answer.content and "immutable" not in answer.headers.get("Cache-Control", "")


def test_deleting_over_http(panel: Panel) -> None:
    make(panel, "to be deleted", seed=300)
    (one,) = panel.results()
    charged = panel.charged_today()
    path = f"/results/{one['id']}"
    panel.get(f"{path}/thumbnail")
    assert panel.send("DELETE", path, Origin="https://evil.example").status_code == 403
    assert panel.send("DELETE", path, **{"Content-Type": "text/plain"}).status_code == 400
    assert panel.send("DELETE", path, **{"X-Forwarded-For": "203.0.113.9"}).status_code == 403
    assert panel.results() == [one]
    assert panel.send("DELETE", path).json() == {"deleted": 1}
    assert panel.results() == [] and panel.get(f"{path}/picture/0").status_code == 404
    assert [file for folder in ("media", "thumbnails") for file in (panel.store.folder / folder).iterdir()] == []
    assert panel.charged_today() == charged


def test_calls_over_http(panel: Panel, service: Gateway) -> None:
    service.inject(Fault(delay=2.0, times=None))
    charged = panel.charged_today()
    with Client(panel.url) as client:
        began = time.monotonic()
        prompt = client.queue({"1": text_to_image(400, "a slow one", count=4), "2": save("1")})
        until(lambda: [one["phase"] for one in panel.calls()] == ["working", "working", "waiting", "waiting"])
        sent, *_, unsent = panel.calls()
        assert panel.send("POST", f"/calls/{sent['id']}/cancel").json() == {"outcome": "sent"}
        assert panel.send("POST", f"/calls/{unsent['id']}/cancel", Origin="null").status_code == 403
        assert panel.send("POST", f"/calls/{unsent['id']}/cancel").json() == {"outcome": "cancelled"}
        assert panel.send("POST", "/calls/999999/cancel").json() == {"outcome": "ended"}
        assert client.follow(prompt, began).end == "execution_interrupted"
    until(lambda: panel.calls() == [])
    assert service.charged == len(panel.results()) == panel.charged_today() - charged == 3

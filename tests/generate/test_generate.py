"""The generator's own behaviour: what it names, what it refuses, and the pictures that it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.host import server

from . import files, help, locales, models, pictures, snapshot
from .__main__ import generated, left_over, main

NODES = snapshot.load()
V14 = "Volcv_high_aes_general_v14"


@pytest.fixture(autouse=True)
def no_comfyui(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path))
    assert server.find_comfy() is None


def test_nothing_is_stale(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    out, error = capsys.readouterr()
    assert out == "" and "ComfyUI not found" in error


def test_a_stale_file_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(models, "FILE", files.ROOT / "docs" / "other.md")
    assert main(["docs", "--check"]) == 1
    assert capsys.readouterr().out == "stale: docs/other.md\n"
    assert main(["help", "--check"]) == 0, "parts that are not named are not looked at"


def test_what_is_stale_is_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wanted = {tmp_path / "deep" / "one": "1\n", tmp_path / "two": "2\n"}
    (tmp_path / "two").write_text("old", encoding="utf-8")
    assert files.write(wanted) == list(wanted)
    assert files.stale(wanted) == [] == files.write(wanted)


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["helb"])
    error = capsys.readouterr().err
    assert "helb" in error and "workflows" in error


def test_pages_of_a_node_that_is_gone_are_left_over() -> None:
    fewer = {name: node for name, node in NODES.items() if name != V14}
    names = {path.relative_to(help.FOLDER).as_posix() for path in left_over(["help"], fewer)}
    assert names == {f"{V14}.md", f"{V14}/en.md", f"{V14}/zh.md", f"pictures/{V14}.jpg"}
    assert left_over(["locales"], fewer) == []


def test_text_that_is_not_written_yet_is_named() -> None:
    more = {**NODES, "Volcv_new": {**NODES[V14], "display_name": "New (Volcengine)"}}
    found = locales.problems(more)
    assert "locales/zh: Volcv_new.title is missing" in found
    assert not any("Volcv_new.inputs.seed" in problem for problem in found), "another node has the same text"
    assert help.problems(more) == [f"locales/{language}/help/Volcv_new.md is missing" for language in ("en", "zh")]
    fewer = {name: node for name, node in NODES.items() if name != "Volcv_recall"}
    assert "locales/zh: Volcv_recall.title is not used" in locales.problems(fewer)
    assert "locales/zh/help/Volcv_recall.md is not used" in help.problems(fewer)


def test_without_comfyui_snapshot_and_workflows_stay_as_they_are() -> None:
    found = generated(["snapshots", "workflows", "docs"], NODES, None)
    assert list(found) == [models.FILE]


@pytest.mark.parametrize("node_id", ["Volcv_saliency_seg", "Volcv_jimeng_ti2v_v30_pro", "Volcv_watermark"])
def test_a_picture_shows_what_went_in_and_what_came_out(
    node_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    pictures.take([tmp_path / f"{node_id}.jpg"])
    (path,) = tmp_path.glob("*.jpg")
    with Image.open(path) as picture:
        assert (picture.format, picture.width) == ("JPEG", pictures.WIDTH)
    assert path.stat().st_size <= pictures.MOST_BYTES

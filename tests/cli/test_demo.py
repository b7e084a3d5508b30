"""``demo``: one picture for each model and a page whose links all lead somewhere."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from os import environ
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from tests.support.film import size_of
from volcv_client import catalog
from volcv_client.catalog import examples
from volcv_client.catalog.examples import example_of, picture_path
from volcv_client.catalog.labels import example_texts
from volcv_client.catalog.spec import Example, Input, MaskPicture, Model
from volcv_client.cli.demo import draw_masks

from .conftest import Command

FILM = "jimeng_ti2v_v30_pro"
CJK = re.compile(r"[\u4e00-\u9fff]")
VOID = {"meta", "img", "path", "br"}


class Page(HTMLParser):
    """Collects links and checks that elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.anchors: set[str] = set()
        self.languages: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [value for name in ("href", "src") if (value := given.get(name))]
        self.anchors |= {value for name in ("id",) if (value := given.get(name))}
        self.languages |= {value for name in ("lang",) if (value := given.get(name))}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert not page.open
    return page


def first_of(stem: str) -> str:
    """The name of the first picture of several, ``entity_seg-2``."""
    return re.sub(r"-\d+$", "", stem)


def test_demo_makes_pictures_of_each_and_a_page(volcv: Command, tmp_path: Path) -> None:
    folder, home = tmp_path / "demo", environ["VOLCV_HOME"]
    ran = volcv("demo", "-o", folder, "--open-nothing")
    assert ran.code == 0, ran.err
    assert environ["VOLCV_HOME"] == home and not Path(home).exists()
    models = catalog.all_models()
    pictures = {path.stem: path for path in folder.iterdir() if path.suffix in (".jpg", ".png")}
    assert {first_of(stem) for stem in pictures} == {model.req_key for model in models if not model.video}
    for path in pictures.values():
        with Image.open(path) as image:
            image.load()
            assert min(image.size) >= 256
    page = read(folder / "index.html")
    assert {"en", "zh-CN"} <= page.languages
    for link in page.links:
        if link.startswith("#"):
            assert link[1:] in page.anchors
        else:
            assert ":" not in link and (folder / unquote(link)).is_file()
    for model in models:
        assert any(link.startswith(model.req_key) for link in page.links)
    text = (folder / "index.html").read_text(encoding="utf-8")
    for model in models:
        example = example_of(model)
        assert all(f"inputs/{picture_path(name).name}" in page.links for name in example.pictures.values())
        assert all(f"inputs/{model.req_key}-{name}.png" in page.links for name in example.masks)
        assert model.req_key in text


def test_a_second_demo_replaces_the_first(volcv: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    few = catalog.all_models()[:3]
    monkeypatch.setattr(catalog, "all_models", lambda: few)
    folder = tmp_path / "demo"
    names = []
    for _ in range(2):
        assert volcv("demo", "-o", folder, "--quiet").code == 0
        names.append(sorted(path.name for path in folder.rglob("*")))
    assert names[0] == names[1] != []


def test_every_example_fits_its_model() -> None:
    for model in catalog.all_models():
        example = example_of(model)
        for name in (*example.values, *example.pictures):
            assert isinstance(model.input(name), Input)
        assert all(isinstance(model.input(name), MaskPicture) for name in example.masks)
        assert all(picture_path(name).is_file() for name in example.pictures.values())


def test_every_model_has_an_example_and_words_in_both_languages() -> None:
    for model in catalog.all_models():
        assert model.example and model.example.title and model.example.caption, model.req_key
        english, chinese = (example_texts(model, language) for language in ("en", "zh"))
        assert all(CJK.search(text) for text in chinese), model.req_key
        assert english == (model.example.title, model.example.caption)


def test_masks_are_as_large_as_their_picture_and_white_in_the_box(volcv: Command, tmp_path: Path) -> None:
    model = catalog.model("i2i_inpainting")
    (tmp_path / "inputs").mkdir()
    draw_masks(model, tmp_path)
    left, top, right, bottom = example_of(model).masks["mask"]
    with Image.open(tmp_path / "inputs" / "i2i_inpainting-mask.png") as mask, Image.open(picture_path("room")) as room:
        assert (mask.mode, mask.size) == ("L", room.size)
        width, height = mask.size
        box = (round(left * width), round(top * height), round(right * width), round(bottom * height))
        assert mask.getbbox() == box
        assert mask.crop(box).getextrema() == (255, 255)


def test_a_video_plays_on_the_page(volcv: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = catalog.model(FILM)
    monkeypatch.setattr(catalog, "all_models", lambda: (film,))
    folder = tmp_path / "demo"
    ran = volcv("demo", "-o", folder, "--quiet")
    assert ran.code == 0, ran.err
    assert ran.paths == [folder / f"{FILM}.mp4", folder / "index.html"]
    width, height = size_of((folder / f"{FILM}.mp4").read_bytes())
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert f'<a href="{FILM}.mp4"><video src="{FILM}.mp4" width="{width}" height="{height}"' in page
    assert page.count("<video ") == 2 and '<img src="inputs/' in page


def without_example(model: Model) -> Example:
    return example_of(replace(model, example=None))


def test_a_model_without_an_example_gets_what_it_requires() -> None:
    made = {model.req_key: without_example(model) for model in catalog.all_models()}
    assert made["high_aes_general_v14"].values == {"prompt": examples.PROMPT}
    assert made["high_aes_ip_v20"].pictures == {"image": examples.PICTURE}
    assert made["img2img_e_commerce_style"].pictures.keys() >= {"product_image"}
    erase = made["i2i_inpainting"]
    assert (erase.values, erase.pictures) == ({}, {"image": examples.PICTURE})
    assert erase.masks == {"mask": examples.MASK}
    assert made[FILM].values == {"prompt": examples.PROMPT}
    assert made[FILM].title == catalog.model(FILM).title


def test_a_model_that_fails_is_told_and_the_rest_is_shown(
    volcv: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = catalog.model("i2i_outpainting")
    models = (first, *[model for model in catalog.all_models() if model is not first][:3])
    assert first.example
    broken = replace(first, example=replace(first.example, pictures={}))
    monkeypatch.setattr(catalog, "all_models", lambda: tuple(broken if one is first else one for one in models))
    ran = volcv("demo", "-o", tmp_path / "demo", "--quiet")
    assert ran.code == 1 and first.req_key in ran.err
    files = [path for path in (tmp_path / "demo").iterdir() if path.suffix in (".jpg", ".png", ".mp4")]
    assert sorted(ran.paths) == sorted([*files, tmp_path / "demo" / "index.html"])
    assert {first_of(path.stem) for path in files} == {model.req_key for model in models if model is not first}
    read(tmp_path / "demo" / "index.html")

"""``demo``: one picture for each model and a page whose links all lead somewhere."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from os import environ
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from volcv_client import catalog
from volcv_client.catalog.spec import Input
from volcv_client.demo import jobs, picture_path

from .conftest import Command

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


def test_demo_makes_one_picture_each_and_a_page(volcv: Command, tmp_path: Path) -> None:
    folder, home = tmp_path / "demo", environ["VOLCV_HOME"]
    ran = volcv("demo", "-o", folder, "--open-nothing")
    assert ran.code == 0, ran.err
    assert environ["VOLCV_HOME"] == home and not Path(home).exists()
    models = catalog.models()
    pictures = {path.stem: path for path in folder.iterdir() if path.suffix in (".jpg", ".png")}
    assert pictures.keys() == {model.req_key for model in models}
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
    for job in jobs.JOBS:
        assert all(f"inputs/{picture_path(name).name}" in page.links for name in job.pictures.values())
        assert job.model in text
    before = sorted(path.name for path in folder.rglob("*"))
    assert volcv("demo", "-o", folder, "--quiet").code == 0
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_every_job_fits_its_model() -> None:
    models = {model.req_key: model for model in catalog.models()}
    for job in jobs.JOBS:
        for name in (*job.values, *job.pictures):
            assert isinstance(models[job.model].input(name), Input)
        assert all(picture_path(name).is_file() for name in job.pictures.values())


def test_a_model_without_a_job_gets_what_it_requires(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "JOBS", ())
    made = {job.model: job for job in jobs.all_jobs(catalog.models())}
    assert made["high_aes_general_v14"].values == {"prompt": jobs.PROMPT}
    assert made["high_aes_ip_v20"].pictures == {"image": jobs.PICTURE}
    assert made["img2img_e_commerce_style"].pictures.keys() >= {"product_image"}


def test_a_model_that_fails_is_told_and_the_rest_is_shown(
    volcv: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *rest = jobs.JOBS
    monkeypatch.setattr(jobs, "JOBS", (replace(first, pictures={}), *rest))
    ran = volcv("demo", "-o", tmp_path / "demo", "--quiet")
    assert ran.code == 1 and first.model in ran.err
    assert len(ran.paths) == len(rest) + 1
    read(tmp_path / "demo" / "index.html")

"""The Python API, as the READMEs show it."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import threading
from os import environ
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

import volcv_client
from tests.gateway import Fault, Gateway
from volcv_client import Client, VolcvError, models
from volcv_client.client import ClientPool
from volcv_client.errors import BatchError, Cancelled, Charged, InputError, ModerationError, SetupError

from .helpers import KEY, SMALL, profile, sandbox, until

ROOT = Path(__file__).parents[2]
BLOCKS = re.compile(r"```python\n(.*?)```", re.DOTALL)


@pytest.fixture
def client(server: Gateway) -> Client:
    return Client(profile(server.url))


@pytest.mark.parametrize("name", ["README.md", "README.zh.md"])
def test_the_readme_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOLCV_PROFILE", "sandbox")
    for file, colour in (("a.png", "red"), ("b.png", "blue")):
        PIL.Image.new("RGB", (96, 64), colour).save(file)
    blocks = [one for one in BLOCKS.findall((ROOT / name).read_text(encoding="utf-8")) if "dask" not in one]
    assert len(blocks) == 2
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)],
        capture_output=True,
        text=True,
        env={**environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert "2 calls" in done.stdout and "(76, 154, 3)" in done.stdout
    with PIL.Image.open("fox.png") as image:
        assert image.format == "PNG"


def subclasses(kind: type[VolcvError]) -> list[type[VolcvError]]:
    return [kind, *(deeper for one in kind.__subclasses__() for deeper in subclasses(one))]


@pytest.mark.parametrize("kind", subclasses(VolcvError), ids=lambda kind: kind.__name__)
def test_an_error_reaches_another_process_whole(kind: type[VolcvError]) -> None:
    """As between the workers of a pool."""
    values = {"name": "x", "known": "y", "code": 50412, "request_id": "r1", "charged": Charged.YES}
    error = BatchError([(2, SetupError("unknown_profile", **values))], 3)
    if kind is not BatchError:
        error = kind("unknown_profile", **values)
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is kind and str(arrived) == str(error) and vars(arrived).keys() == vars(error).keys()
    assert (arrived.key, arrived.code, arrived.charged) == (error.key, error.code, error.charged)


def test_a_constructor_and_a_plan_send_nothing(client: Client, server: Gateway) -> None:
    planned = client.plan("high_aes_general_v14", **SMALL, count=3, seed=5)
    assert [call.seed for call in planned.calls] == [5, 6, 7]
    assert server.requests == []
    assert len(client.start(planned).calls) == 3
    until(lambda: server.charged == 3)


def test_pictures_are_files_pil_images_or_arrays(client: Client, server: Gateway, tmp_path: Path) -> None:
    array = np.random.default_rng(1).integers(0, 256, (32, 48, 3)).astype(np.uint8)
    image = PIL.Image.fromarray(array)
    image.save(tmp_path / "a.png")
    client = Client(profile(server.url, lossless=True))
    for given in (array, image, tmp_path / "a.png", str(tmp_path / "a.png"), array.astype(np.float32) / 255):
        client.run("i2i_outpainting", image=given, prompt="a lake")
    sent = [(request.body or {})["binary_data_base64"] for request in server.requests]
    assert len(sent) == 5 and all(one == sent[0] for one in sent)


def test_a_list_is_a_batch_and_a_single_picture_goes_with_all(client: Client, server: Gateway) -> None:
    pictures = [np.full((32, 48, 3), 40 * n, np.uint8) for n in range(3)]
    mask = np.zeros((32, 48), np.uint8)
    mask[8:, 8:] = 255
    result = client.run("i2i_inpainting_edit", image=pictures, mask=mask, custom_prompt="a boat")
    assert len(result.results) == len(result.pictures) == server.charged == 3
    assert len({tuple((request.body or {})["binary_data_base64"]) for request in server.requests}) == 3


@pytest.mark.parametrize("mask", [PIL.Image.new("L", (48, 32), 255), np.ones((32, 48), np.float32), "file"])
def test_a_mask_may_be_one_of_them_too(client: Client, server: Gateway, mask: Any, tmp_path: Path) -> None:
    if isinstance(mask, str):
        mask = tmp_path / "mask.png"
        PIL.Image.new("L", (48, 32), 255).save(mask)
    client.run("i2i_inpainting_edit", image=np.zeros((32, 48, 3), np.uint8), mask=mask, custom_prompt="a boat")
    assert server.charged == 1


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "a", "widht": 3}, "widht"),
        ({"prompt": "a", "scale": 1e9}, "scale"),
    ],
)
def test_inputs_that_cannot_work_are_refused_by_name(
    client: Client, server: Gateway, inputs: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        client.run("high_aes_general_v14", **inputs)
    assert server.requests == []


def test_a_file_that_is_no_picture(client: Client, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(InputError, match=r"a\.png"):
        client.run("i2i_outpainting", image=tmp_path / "a.png", prompt="x")


def test_an_unknown_model(client: Client) -> None:
    with pytest.raises(KeyError):
        client.plan("no_such_model")


def test_errors_are_exceptions_and_a_batch_names_each(server: Gateway, client: Client) -> None:
    server.inject(Fault(code=50411, times=1))
    with pytest.raises(ModerationError) as caught:
        client.run("high_aes_general_v14", **SMALL)
    assert caught.value.code == 50411 and caught.value.request_id and caught.value.advice
    server.inject(Fault(code=50411, times=2))
    with pytest.raises(BatchError) as several:
        client.run("high_aes_general_v14", **SMALL, count=4)
    assert len(several.value.failures) == 2


def test_a_task_reports_its_progress() -> None:
    lines: list[str] = []
    with sandbox(task_seconds=1.0) as server:
        result = Client(profile(server.url)).run(
            "seededit_v3.0", image=np.zeros((64, 64, 3), np.uint8), prompt="night", progress=lines.append
        )
    assert len(result.pictures) == 1 and len(lines) >= 1


def test_cancelling_a_run(server: Gateway) -> None:
    server.inject(Fault(delay=0.3, times=None))
    client = Client(profile(server.url, max_concurrency=1))
    run = client.start(client.plan("high_aes_general_v14", **SMALL, count=5, seed=1))
    until(lambda: len(server.requests) == 1)
    run.cancel()
    with pytest.raises(Cancelled):
        run.wait(5)
        run.result()
    assert len(server.requests) == 1


def test_saved_pictures_have_the_format_of_their_name(client: Client, tmp_path: Path) -> None:
    (picture,) = client.run("high_aes_general_v14", **SMALL).pictures
    assert picture.save(tmp_path / "as it came").suffix == picture.extension
    assert (tmp_path / f"as it came{picture.extension}").read_bytes() == picture.read()
    for name, kind in (("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP")):
        with PIL.Image.open(picture.save(tmp_path / name)) as image:
            assert (image.format, image.size) == (kind, (64, 64))
    assert picture.pixels().shape == (64, 64, 3) and picture.image().size == (64, 64)


def test_results_are_in_the_store(client: Client) -> None:
    result = client.run("high_aes_general_v14", **SMALL, seed=3)
    assert client.store.newest(1)[0].request_id == result.results[0].request_id
    assert client.run("high_aes_general_v14", **SMALL, seed=3).results[0].reused


def test_fields_of_the_profile_can_be_given(server: Gateway) -> None:
    client = Client(base_url=server.url, api_key=KEY, timeout=20)
    assert client.run("high_aes_general_v14", **SMALL).pictures
    with pytest.raises(SetupError):
        Client()


def test_the_credentials_can_be_checked_without_a_charge(client: Client, server: Gateway) -> None:
    assert client.check_credentials() > 0
    with pytest.raises(VolcvError):
        Client(profile(server.url, api_key="another-key-0123456789")).check_credentials()
    assert server.charged == 0


def test_clients_of_a_pool_share_their_limiter_and_single_flight() -> None:
    pool = ClientPool()
    with sandbox(delay=0.3) as server:
        clients = [pool.client(profile(server.url, timeout=timeout)) for timeout in (20.0, 21.0)]
        assert clients[0] is not clients[1] and clients[0] is pool.client(profile(server.url))
        results: list[bool] = []

        def run(client: Client) -> None:
            results.append(client.run("high_aes_general_v14", **SMALL, seed=9).results[0].reused)

        threads = [threading.Thread(target=run, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [False, True] and server.charged == 1
        assert clients[0].executor.limiter is clients[1].executor.limiter


def test_the_package_names_its_public_api() -> None:
    assert {one.req_key for one in models()} >= {"high_aes_general_v14", "img2img_e_commerce_style"}
    for name in volcv_client.__all__:
        assert getattr(volcv_client, name).__doc__, name
    with pytest.raises(AttributeError):
        _ = volcv_client.Clients  # type: ignore[attr-defined]
    assert (Path(volcv_client.__file__).parent / "py.typed").is_file()


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, volcv_client; print({'requests', 'PIL', 'numpy', 'sqlite3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

"""``run``: options to the wire, files out, errors and exit codes."""

from __future__ import annotations

import base64
import io
import json
import signal
import sys
import time
from os import environ
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from PIL import Image

from tests.gateway import Fault, Gateway
from volcv_client.store.results import ResultStore

from .conftest import KEY, Command

T2I = "high_aes_general_v14"
CHARACTER = "high_aes_ip_v20"
OUTPAINT = "i2i_outpainting"
CONTROLNET = "high_aes_scheduler_svr_controlnet_v2.0"
PRODUCT = "img2img_e_commerce_style"
SMALL = ("--prompt", "a cat", "--width", 64, "--height", 64)


def body_of(server: Gateway) -> dict[str, Any]:
    body = server.requests[-1].body
    assert body is not None
    return body


def sent_picture(server: Gateway, index: int = 0) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(body_of(server)["binary_data_base64"][index])))


def test_values_reach_the_wire_in_both_spellings(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    ran = volcv(
        "run", T2I, *SMALL, "--ddim_steps", 7, "--scale=2.5", "--seed", -1, "--no-use-rephraser",
        "--use_predict_tags", "--return-url", "-o", tmp_path / "new" / "folder",
    )  # fmt: skip
    assert ran.code == 0
    body = body_of(server)
    assert (body["prompt"], body["width"], body["height"]) == ("a cat", 64, 64)
    assert (body["ddim_steps"], body["scale"], body["seed"]) == (7, 2.5, -1)
    assert (body["use_rephraser"], body["use_predict_tags"], body["return_url"]) == (False, True, True)
    assert body["logo_info"]["add_logo"] is False
    (path,) = ran.paths
    assert path.parent == tmp_path / "new" / "folder" and path.name.startswith(f"{T2I}-")
    assert Image.open(path).size == (64, 64)


def test_defaults_are_the_declarations(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    assert volcv("run", "Volcv_" + T2I, "--prompt", "x", "-o", tmp_path).code == 0
    body = body_of(server)
    assert (body["width"], body["ddim_steps"], body["model_version"]) == (512, 25, "general_v1.4")


def test_nothing_is_overwritten(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        (path,) = volcv("run", T2I, *SMALL, "--seed", 5, "-o", tmp_path).paths
        assert path == tmp_path / f"{T2I}-5-{number}.jpg"
    assert server.charged == 1


def test_a_count_makes_that_many_seeds(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    ran = volcv("run", T2I, *SMALL, "--seed", 5, "--count", 3, "-o", tmp_path, "--json")
    entries = json.loads(ran.out)
    assert [entry["seed"] for entry in entries] == [5, 6, 7]
    for entry in entries:
        (path,) = entry["files"]
        assert f"-{entry['seed']}-1." in path and Path(path).is_file()
        assert entry["request_id"] and not entry["reused"]


def test_saved_bytes_are_the_answers(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    (path,) = volcv("run", T2I, *SMALL, "-o", tmp_path).paths
    store = ResultStore(Path(environ["VOLCV_HOME"]) / "results")
    assert [file.read() for file in store.newest(1)[0].files] == [path.read_bytes()]
    store.close()


def test_several_pictures_are_a_batch(volcv: Command, server: Gateway, tmp_path: Path, photo: Path) -> None:
    other = tmp_path / "other.bmp"
    Image.new("RGB", (80, 80), "red").save(other)
    sides = ("--width", 64, "--height", 64, "--no-use-sr")
    ran = volcv("run", CHARACTER, "--prompt", "x", *sides, "--image", photo, "--image", other, "-o", tmp_path)
    assert ran.code == 0 and len(ran.paths) == 2
    assert len(server.requests) == 2
    assert [request.body["use_sr"] for request in server.requests if request.body] == [False, False]


def test_pictures_are_turned_upright(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (96, 64), "green").save(path, exif=exif)
    assert volcv("run", OUTPAINT, "--image", path, "-o", tmp_path).code == 0
    assert sent_picture(server).size == (64, 96)


def test_masks_are_luminance_or_alpha(volcv: Command, server: Gateway, tmp_path: Path, photo: Path) -> None:
    grey, alpha, opaque = (tmp_path / f"{name}.png" for name in ("grey", "alpha", "opaque"))
    mask = Image.new("L", (96, 64), 0)
    mask.paste(255, (48, 0, 96, 64))
    mask.save(grey)
    cut_out = Image.new("RGBA", (96, 64), "black")
    cut_out.putalpha(mask)
    cut_out.save(alpha)
    mask.convert("RGBA").save(opaque)
    for path in (grey, alpha, opaque):
        assert volcv("run", OUTPAINT, "--image", photo, "--mask", path, "-o", tmp_path).code == 0
        sent = sent_picture(server, 1)
        assert (sent.mode, sent.size) == ("L", (96, 64))
        assert (sent.getpixel((10, 10)), sent.getpixel((90, 10))) == (0, 255)
        assert "top" not in body_of(server)


def test_branches_choices_and_alpha(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    product = tmp_path / "product.png"
    Image.new("RGBA", (40, 60), (200, 30, 30, 120)).save(product)
    ran = volcv(
        "run", PRODUCT, "--positive-prompt", "table", "--product-image", product, "--composition", "automatic",
        "--canvas-width", 200, "--canvas-height", 160, "--auto-scale", 0.5, "--light", "top-left-light",
        "--offset-x", 4, "-o", tmp_path,
    )  # fmt: skip
    assert ran.code == 0
    body = body_of(server)
    assert (body["canvas_width"], body["canvas_height"], body["auto_scale"]) == (200, 160, 0.5)
    assert body["auto_composition_switch"] is True and body["light_position"] == "Top Left Light"
    assert sent_picture(server).mode == "RGBA"
    assert "offset_x" not in body and "--offset-x" in ran.err


def test_more_controls_and_watermark(volcv: Command, server: Gateway, tmp_path: Path, photo: Path) -> None:
    colon = tmp_path / "c:d.png" if sys.platform != "win32" else photo
    colon.write_bytes(photo.read_bytes())
    ran = volcv(
        "run", CONTROLNET, "--prompt", "x", "--image", photo, "--more-controls", f"{colon}:canny:0.25",
        "--more-controls", f"{photo}:pose:1", "--logo-info", "mine", "--logo-position", "top-right",
        "--logo-language", "english", "--logo-opacity", 0.5, "--use-sr", "on", "--sr-steps", 4, "-o", tmp_path,
    )  # fmt: skip
    assert ran.code == 0
    body = body_of(server)
    assert [one["type"] for one in body["controlnet_args"]] == ["depth", "canny", "pose"]
    assert [one["binary_data_index"] for one in body["controlnet_args"]] == [0, 1, 2]
    assert body["controlnet_args"][1]["strength"] == 0.25
    logo = {"add_logo": True, "position": 3, "language": 1, "opacity": 0.5, "logo_text_content": "mine"}
    assert body["logo_info"] == logo
    assert (body["use_sr"], body["sr_steps"]) == (True, 4)
    assert len(ran.paths) == 2, "the edge map is saved too"


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", T2I),
        ("run", T2I, "--prompt", "x", "--width", "wide"),
        ("run", T2I, "--prompt", "x", "--width", "0"),
        ("run", T2I, "--prompt", "x", "--count", "65"),
        ("run", PRODUCT, "--light", "moon"),
        ("run", CONTROLNET, "--more-controls", "x.png"),
        ("run", CONTROLNET, "--more-controls", "x.png:depth:much"),
        ("run", CHARACTER, "--prompt", "x"),
        ("run", CHARACTER, "--prompt", "x", "--image", "missing.png"),
        ("run", CHARACTER, "--prompt", "x", "--image", __file__),
        ("run", T2I, "--prompt", "x", "--profile", "nobody"),
        ("run", T2I, "--prompt", "x", "--nope"),
    ],
)
def test_bad_input_is_told_before_anything_is_sent(volcv: Command, server: Gateway, arguments: tuple[str, ...]) -> None:
    ran = volcv(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("volcv: ")
    assert not server.requests


def test_nothing_configured_is_a_setup_error(volcv: Command) -> None:
    ran = volcv("run", T2I, "--prompt", "x")
    assert ran.code == 2 and "VOLCV_BASE_URL" in ran.err


def test_failures_of_the_service_exit_with_1(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    server.inject(Fault(code=50412))
    ran = volcv("run", T2I, *SMALL, "-o", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("volcv: ") and "50412" in ran.err
    assert KEY not in ran.err


def test_what_succeeded_is_saved_when_a_batch_fails(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    server.inject(Fault(code=50412))
    ran = volcv("run", T2I, *SMALL, "--seed", 9, "--count", 3, "-o", tmp_path)
    assert ran.code == 1 and len(ran.paths) == 2
    assert all(path.is_file() for path in ran.paths)
    server.inject(Fault(code=50412))
    ran = volcv("run", T2I, *SMALL, "--seed", 19, "--count", 2, "--json", "--on-refusal", "skip", "-o", tmp_path)
    assert ran.code == 0
    assert sorted("error" in entry for entry in json.loads(ran.out)) == [False, True]


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_sent(
    volcv: Command, server: Gateway, photo: Path
) -> None:
    ran = volcv("run", T2I, *SMALL, "-o", photo / "inside")
    assert ran.code == 1 and ran.err.startswith("volcv: ")
    assert not server.requests


def test_quiet_prints_only_paths(volcv: Command, server: Gateway, tmp_path: Path) -> None:
    ran = volcv("run", T2I, *SMALL, "--quiet", "-o", tmp_path)
    assert ran.err == "" and len(ran.paths) == 1


def test_the_sandbox_profile_needs_no_setup(volcv: Command, tmp_path: Path) -> None:
    ran = volcv("run", T2I, *SMALL, "--profile", "sandbox", "-o", tmp_path)
    assert ran.code == 0 and ran.paths[0].is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_keeps_what_was_sent(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with Gateway(api_keys=(KEY,), delay=1.0) as server:
        surroundings = {**environ, "VOLCV_BASE_URL": server.url, "VOLCV_API_KEY": KEY, "VOLCV_MAX_CONCURRENCY": "2"}
        arguments = ["run", T2I, *map(str, SMALL), "--count", "6", "--seed", "1", "-o", str(output)]
        process = Popen(
            [sys.executable, "-m", "volcv_client", *arguments],
            env=surroundings,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
            # Whoever runs the tests may ignore the signal, and a child inherits that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        deadline = time.monotonic() + 20
        while len(server.requests) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        assert process.returncode == 130, err
        assert server.charged == 2
    assert "Traceback" not in err and "stored" in err
    assert len(out.splitlines()) == len(list(output.iterdir())) == 2
    store = ResultStore(Path(environ["VOLCV_HOME"]) / "results")
    assert len(store.newest(9)) == 2
    store.close()

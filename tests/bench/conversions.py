"""Tensors to base64 and back: ours, ComfyUI's partner nodes' and the bare codec, taking turns in one process.

The process is ComfyUI's own interpreter if there is one; else theirs are left out.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

from .rows import ROOT, Row, interleaved, load_pack

SIDES = (512, 1024, 2048, 4096)
ROUNDS = {512: 40, 1024: 20, 2048: 7, 4096: 3}
"""The partner nodes take ten seconds for one picture of the largest size; the smallest differ by hundredths."""

TINY = (64,)


def run(quick: bool) -> list[Row]:
    """Rows per size: times, ratios, payloads and quality."""
    from tests.host.server import find_comfy, interpreter

    comfy = find_comfy()
    sides = TINY if quick else SIDES
    python = interpreter(comfy) if comfy else sys.executable
    given = json.dumps({"sides": sides, "rounds": 2 if quick else 0, "comfy": str(comfy or "")})
    command = [python, "-m", "tests.bench.conversions", given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return [row for found in json.loads(done.stdout.splitlines()[-1]) for row in rows(found)]


def rows(found: dict[str, Any]) -> list[Row]:
    suite = f"conversions {found['side']} px"
    made = []
    for name, faster in (("default", 15.0), ("lossless", 2.5)):
        one = found["encode"][name]
        made.append(Row(suite, f"to base64, {name}", one["ours"] * 1e3, "ms"))
        made.append(Row(suite, f"to base64, {name}, ours / bare codec", one["ours"] / one["floor"], "", 1.3))
        if one["theirs"]:
            made.append(
                Row(suite, f"to base64, {name}, theirs / ours", one["theirs"] / one["ours"], "times", faster, False)
            )
            least = 2.5 if name == "default" else None
            made.append(Row(suite, f"payload, {name}, theirs / ours", one["smaller"], "times", least, False))
    for name, one in found["decode"].items():
        made.append(Row(suite, f"from base64, {name}", one["ours"] * 1e3, "ms"))
        made.append(Row(suite, f"from base64, {name}, ours / bare codec", one["ours"] / one["floor"], "", 1.3))
        if one["theirs"]:
            made.append(Row(suite, f"from base64, {name}, ours / theirs", one["ours"] / one["theirs"], "", 1.0))
    made.append(Row(suite, "default encoding, PSNR", found["psnr"], "dB"))
    made.append(Row(suite, "default encoding, SSIM", found["ssim"], ""))
    return made


def partner_conversions(comfy: str) -> Any:
    """ComfyUI's conversions module, or None without a ComfyUI."""
    if not comfy:
        return None
    sys.path.insert(0, comfy)
    sys.argv[1:] = ["--cpu"]
    import comfy.options  # type: ignore[import-not-found]

    comfy.options.enable_args_parsing()
    from comfy_api_nodes.util import conversions  # type: ignore[import-not-found]

    return conversions


def turns(
    ours_and_floor: list[Callable[[], object]], theirs: Callable[[], object] | None, rounds: int
) -> dict[str, float | None]:
    """Seconds of ours, the floor and theirs, taking turns."""
    times = interleaved([*ours_and_floor, *([theirs] if theirs else [])], rounds)
    return {"ours": times[0], "floor": times[1], "theirs": times[2] if theirs else None}


def measure(side: int, rounds: int, partner: Any) -> dict[str, Any]:
    import numpy as np
    import torch
    from PIL import Image
    from volcv_pack.nodes.images import bytes_to_tensor, tensor_to_base64
    from volcv_pack.volcv_client.images.inline import from_base64
    from volcv_pack.volcv_client.images.pictures import Encoding
    from volcv_pack.volcv_client.images.samples import to_uint8

    from .photos import photo, psnr, ssim

    tensor = torch.from_numpy(photo(side))
    ready = to_uint8(tensor.numpy())

    def bare(kind: str, **settings: Any) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(ready).save(buffer, kind, **settings)
        return base64.b64encode(buffer.getvalue())

    def theirs() -> str:
        # Their default would shrink the picture to 4 megapixels first.
        return str(partner.tensor_to_base64_string(tensor, total_pixels=None))

    ways: dict[str, tuple[Encoding, Callable[[], bytes]]] = {
        "default": (Encoding(alpha=True), lambda: bare("JPEG", quality=95, subsampling=0)),
        "lossless": (
            Encoding(alpha=True, lossless=True),
            lambda: bare("PNG", compress_level=1, compress_type=zlib.Z_RLE),
        ),
    }
    found: dict[str, Any] = {"side": side, "encode": {}, "decode": {}}
    size = len(theirs()) if partner else 0
    for name, (encoding, floor) in ways.items():
        text = tensor_to_base64(tensor, encoding)
        found["encode"][name] = {
            **turns([lambda one=encoding: tensor_to_base64(tensor, one), floor], theirs if partner else None, rounds),
            "smaller": size / len(text),
        }
        data = base64.b64decode(text)
        work: list[Callable[[], object]] = [
            lambda one=text: bytes_to_tensor(from_base64(one)),
            lambda one=text: np.asarray(Image.open(io.BytesIO(base64.b64decode(one)))),
        ]
        found["decode"]["JPEG" if name == "default" else "PNG"] = turns(
            work,
            (lambda one=text: partner.bytesio_to_image_tensor(io.BytesIO(base64.b64decode(one)))) if partner else None,
            rounds,
        )
        if name == "default":
            sent = np.asarray(Image.open(io.BytesIO(data)))
            found |= {"psnr": psnr(ready, sent), "ssim": ssim(ready, sent)}
    return found


def main() -> None:
    given = json.loads(sys.argv[1])
    sys.path.insert(0, str(ROOT))
    partner = partner_conversions(given["comfy"])
    load_pack()
    found = [measure(side, given["rounds"] or ROUNDS[side], partner) for side in given["sides"]]
    print(json.dumps(found))


if __name__ == "__main__":
    main()

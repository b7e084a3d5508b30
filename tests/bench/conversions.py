"""Tensors to base64 and back: ours and ComfyUI's partner nodes', taking turns in one process.

The process is ComfyUI's own interpreter if there is one; else theirs are left out.
"""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tests.support.pack import load_pack

from .rows import ROOT, Row, interleaved

ROUNDS = {512: 20, 1024: 10, 2048: 5}
"""Rounds by side in pixels; the partner nodes take two seconds for a picture of the largest."""

JUDGED = (1024, 2048)
"""Sides that have targets."""

TINY = 64


def run(quick: bool) -> list[Row]:
    """Rows per size: times, ratios, payloads and quality."""
    from tests.host.server import find_comfy, interpreter

    comfy = find_comfy()
    sides = [TINY] if quick else list(ROUNDS)
    python = interpreter(comfy) if comfy else sys.executable
    given = json.dumps({"sides": sides, "comfy": str(comfy or "")})
    command = [python, "-m", "tests.bench.conversions", given]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return [row for found in json.loads(done.stdout.splitlines()[-1]) for row in rows(found)]


def rows(found: dict[str, Any]) -> list[Row]:
    side = found["side"]
    suite, judged = f"conversions {side} px", side in JUDGED
    made = []
    for name, faster, smaller in (("default", 15.0, 2.5), ("lossless", 2.5, None)):
        one = found["encode"][name]
        made.append(Row(suite, f"to base64, {name}", one["ours"] * 1e3, "ms"))
        if one["theirs"]:
            ratio, limit = one["theirs"] / one["ours"], faster if judged else None
            made.append(Row(suite, f"to base64, {name}, theirs / ours", ratio, "times", limit, False))
            limit = smaller if judged else None
            made.append(Row(suite, f"payload, {name}, theirs / ours", one["smaller"], "times", limit, False))
    for name, one in found["decode"].items():
        made.append(Row(suite, f"from base64, {name}", one["ours"] * 1e3, "ms"))
        if one["theirs"]:
            ratio, limit = one["ours"] / one["theirs"], 1.0 if judged else None
            made.append(Row(suite, f"from base64, {name}, ours / theirs", ratio, "", limit))
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


def measure(side: int, rounds: int, partner: Any) -> dict[str, Any]:
    import numpy as np
    import torch
    from PIL import Image
    from volcv_pack.nodes.images import bytes_to_tensor, tensor_to_base64
    from volcv_pack.volcv_client.images.base64_text import decode_base64
    from volcv_pack.volcv_client.images.encode import EncodeOptions
    from volcv_pack.volcv_client.images.pixels import to_uint8

    from .photos import photo, psnr, ssim

    tensor = torch.from_numpy(photo(side))

    def turns(ours: Callable[[], object], theirs: Callable[[], object]) -> dict[str, float | None]:
        """Seconds of ours and theirs, taking turns."""
        times = interleaved([ours, theirs] if partner else [ours], rounds)
        return {"ours": times[0], "theirs": times[1] if partner else None}

    def their_text() -> str:
        # Their default would shrink the picture to 4 megapixels first.
        return str(partner.tensor_to_base64_string(tensor, total_pixels=None))

    found: dict[str, Any] = {"side": side, "encode": {}, "decode": {}}
    size = len(their_text()) if partner else 0
    for name, kind in (("default", "JPEG"), ("lossless", "PNG")):
        options = EncodeOptions(alpha=True, lossless=name == "lossless")
        text = tensor_to_base64(tensor, options)
        found["encode"][name] = {
            **turns(lambda one=options: tensor_to_base64(tensor, one), their_text),
            "smaller": size / len(text),
        }
        found["decode"][kind] = turns(
            lambda one=text: bytes_to_tensor(decode_base64(one)),
            lambda one=text: partner.bytesio_to_image_tensor(io.BytesIO(base64.b64decode(one))),
        )
        if name == "default":
            exact, sent = to_uint8(tensor.numpy()), np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))
            found |= {"psnr": psnr(exact, sent), "ssim": ssim(exact, sent)}
    return found


def main() -> None:
    given = json.loads(sys.argv[1])
    sys.path.insert(0, str(ROOT))
    partner = partner_conversions(given["comfy"])
    load_pack()
    found = [measure(side, ROUNDS.get(side, 2), partner) for side in given["sides"]]
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Requests and pictures shared by the tests of the gateway and of the sandbox."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

from tests.support.pictures import encoded
from tests.support.pictures import noise as noise_array
from volcv_client.catalog import model
from volcv_client.sandbox import SandboxServer

BODIES = Path(__file__).parents[1] / "client" / "bodies"
V14 = "high_aes_general_v14"
IP = "high_aes_ip_v20"
OUT = "i2i_outpainting"
CONTROL = "high_aes_scheduler_svr_controlnet_v2.0"
SHOP = "img2img_e_commerce_style"
JIMENG = "jimeng_t2i_v40"
FILM = "jimeng_ti2v_v30_pro"
EDIT = "byteedit_v2.0"
SEEDEDIT = "seededit_v3.0"
ERASE = "i2i_inpainting"
REPAINT = "i2i_inpainting_edit"
ANIME = "high_aes"
XL_TEXT = "t2i_xl_sft"
XL_IMAGE = "i2i_xl_sft"
V30 = "high_aes_general_v30l_zt2i"
V21_L = "high_aes_general_v21_L"
V20_L = "high_aes_general_v20_L"
V20 = "high_aes_general_v20"
CUT = "saliency_seg"
LENS = "lens_lqir"
UPSCALE = "jimeng_i2i_seed3_tilesr_cvtob"
INPAINT = "jimeng_image2image_dream_inpaint"
REFERENCE = "jimeng_i2i_v30"
TWICE = "lens_nnsr2_pic_common"
PHOTO = "lens_opr"
ENTITIES = "entity_seg"
FACES = "face_swap3_6"
PORTRAITS = [
    "img2img_photoverse_american_comics",
    "img2img_photoverse_executive_ID_photo",
    "img2img_photoverse_3d_weird",
    "img2img_photoverse_cyberpunk",
    "img2img_xiezhen_gubao",
    "img2img_xiezhen_babi_niuzai",
    "img2img_xiezhen_bathrobe",
    "img2img_xiezhen_butterfly_machine",
    "img2img_xiezhen_zhichangzhengjianzhao",
    "img2img_xiezhen_christmas",
    "img2img_xiezhen_dessert",
    "img2img_xiezhen_old_money",
    "img2img_xiezhen_school",
]
#: Style keys with the variants that a sub_req_key chooses from.
STYLES: dict[str, list[str]] = {
    "img2img_disney_3d_style": [],
    "img2img_real_mix_style": [],
    "img2img_pastel_boys_style": [],
    "img2img_cartoon_style": [],
    "img2img_makoto_style": [],
    "img2img_rev_animated_style": [],
    "img2img_blueline_style": [],
    "img2img_water_ink_style": [],
    "img2img_water_paint_style": [],
    "img2img_comic_style": ["monet", "marvel", "future"],
    "img2img_exquisite_style": [],
    "i2i_ai_create_monet": [],
    "img2img_pretty_style": ["ink", "light"],
    "img2img_ceramics_style": [],
    "img2img_chinese_style": [],
    "img2img_clay_style": ["3d", "bubble"],
    "img2img_3d_style": ["era", "movie", "doll"],
}
FIRST = "uri://binary_data?index=0"


def encode(picture: Image.Image, kind: str = "PNG") -> str:
    return base64.b64encode(encoded(picture, kind)).decode("ascii")


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(noise_array(width, height, seed=seed))


PICTURE = encode(noise(96, 64))
MASK = encode(Image.fromarray(np.pad(np.full((24, 40), 255, dtype=np.uint8), ((20, 20), (28, 28)))))
SMALL = {"width": 128, "height": 128}

#: The smallest valid bodies of the models that came after the seed pages.
MORE: dict[str, dict[str, Any]] = {
    V30: {"prompt": "a cat", "seed": 1, **SMALL},
    V21_L: {"prompt": "a cat", "seed": 1, "use_sr": False, **SMALL},
    V20_L: {"prompt": "a cat", "seed": 1, "width": 256, "height": 256, "use_sr": False},
    V20: {"prompt": "a cat", "seed": 1, "model_version": "general_v2.0", "width": 256, "height": 256, "use_sr": False},
    XL_TEXT: {"prompt": "a cat", "seed": 1, **SMALL},
    ANIME: {"prompt": "a cat", "seed": 1, "model_version": "general_v1.3", **SMALL},
    EDIT: {"prompt": "a cat", "seed": 1, "binary_data_base64": [PICTURE]},
    SEEDEDIT: {"prompt": "a cat", "seed": 1, "binary_data_base64": [PICTURE]},
    XL_IMAGE: {"seed": 1, "binary_data_base64": [PICTURE]},
    REPAINT: {"custom_prompt": "a cat", "seed": 1, "binary_data_base64": [PICTURE, MASK]},
    ERASE: {"binary_data_base64": [PICTURE, MASK]},
    JIMENG: {"prompt": "a cat", "size": 1024 * 1024},
    CUT: {"binary_data_base64": [PICTURE]},
    LENS: {"binary_data_base64": [PICTURE]},
    FILM: {"prompt": "a cat", "seed": 1},
    **{key: {"binary_data_base64": [PICTURE]} for key in PORTRAITS},
    **{
        key: {"seed": 1, "binary_data_base64": [PICTURE], **({"sub_req_key": f"{key}_{names[0]}"} if names else {})}
        for key, names in STYLES.items()
    },
}


def body(req_key: str, **changes: Any) -> dict[str, Any]:
    """A small valid body of a model; None as a value removes the field."""
    base: dict[str, dict[str, Any]] = {
        V14: {"prompt": "a cat", "seed": 1, "width": 128, "height": 128},
        IP: {"prompt": "a cat", "seed": 1, "width": 128, "height": 128, "binary_data_base64": [PICTURE]},
        OUT: {"binary_data_base64": [PICTURE], "seed": 1, "left": 0.5},
        CONTROL: {
            "prompt": "a cat",
            "seed": 1,
            "binary_data_base64": [PICTURE],
            "controlnet_args": [{"type": "depth", "binary_data_index": 0, "strength": 0.6}],
        },
        SHOP: {
            "positive_prompt": "table",
            "seed": 1,
            "longer_side": 128,
            "product_image_input": FIRST,
            "binary_data_base64": [PICTURE],
        },
        ENTITIES: {"return_format": 1, "binary_data_base64": picture_of(128, 128)},
        TWICE: {"model_quality": "MQ", "binary_data_base64": picture_of(256, 256)},
    }
    known = {**base, **MORE}.get(req_key) or documented(req_key)
    merged = {"req_key": req_key, **known, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def documented(req_key: str) -> dict[str, Any]:
    """The body that the model's page prints, or that of its family, without its req_key; with pictures that can be
    read, as large as they must be."""
    own, side = BODIES / f"{req_key}.json", model(req_key).limits.min_side
    file = own if own.exists() else BODIES / f"{model(req_key).req_key}.json"
    page: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    del page["req_key"]
    printed = page.pop("image_urls", None) or page.pop("binary_data_base64", [])
    large = picture_of(side, side) * 2 if side else [PICTURE, MASK]
    return {**page, **({"binary_data_base64": large[: len(printed)]} if printed else {})}


def post(
    server: SandboxServer,
    content: Any,
    *,
    action: str = "CVProcess",
    version: str = "2022-08-31",
    key: str | None = "sandbox",
    path: str = "/volcv/v1",
    timeout: float = 20,
    **more: Any,
) -> requests.Response:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    headers.update(more.pop("headers", {}))
    arguments = {"data": content} if isinstance(content, bytes) else {"json": content}
    return requests.post(
        f"{server.url}{path}?Action={action}&Version={version}",
        headers=headers,
        timeout=timeout,
        **arguments,
        **more,
    )


def pictures(answer: requests.Response) -> list[Image.Image]:
    """The pictures of a base64 answer."""
    content = answer.json()
    assert content["code"] == 10000, content
    return [
        Image.open(io.BytesIO(base64.b64decode(text, validate=True))) for text in content["data"]["binary_data_base64"]
    ]


def drawn(server: SandboxServer, req_key: str, **changes: Any) -> Image.Image:
    """The first picture of a model, loaded, as RGB."""
    return pictures(post(server, body(req_key, **changes)))[0].convert("RGB")


SUBMIT = "CVSync2AsyncSubmitTask"
RESULT = "CVSync2AsyncGetResult"


def submit(server: SandboxServer, req_key: str, **changes: Any) -> str:
    """Submit a task; returns its id."""
    content = post(server, body(req_key, **changes), action=SUBMIT).json()
    assert content["code"] == 10000, content
    return str(content["data"]["task_id"])


def poll(server: SandboxServer, req_key: str, task_id: str, **req_json: Any) -> requests.Response:
    """Ask for a task's result; keywords go into req_json."""
    wanted = {"req_json": json.dumps(req_json)} if req_json else {}
    return post(server, {"req_key": req_key, "task_id": task_id, **wanted}, action=RESULT)


def finished(server: SandboxServer, req_key: str, **changes: Any) -> list[Image.Image]:
    """The pictures of a task that is done at once."""
    return pictures(poll(server, req_key, submit(server, req_key, **changes)))


def array(picture: Image.Image) -> np.ndarray[Any, Any]:
    return np.asarray(picture.convert("RGB"), dtype=np.int16)


def picture_of(width: int, height: int, kind: str = "PNG") -> list[str]:
    return [encode(Image.new("RGB", (width, height), (90, 120, 150)), kind)]


def control(**changes: Any) -> list[dict[str, Any]]:
    return [{"type": "depth", "binary_data_index": 0, "strength": 0.6, **changes}]


def status(answer: requests.Response) -> str:
    content = answer.json()
    assert (answer.status_code, content["code"]) == (200, 10000), content
    return str(content["data"]["status"])

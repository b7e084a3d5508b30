"""Finished work: files, watermarked as the request says, and the texts that go with them."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from PIL import Image

from .draw import draw
from .draw.base import Drawn
from .draw.marks import draw_logo
from .h264 import encode_frames
from .job import Job
from .mp4 import mux

EXTENSIONS = {"PNG": "png", "JPEG": "jpg"}
FRAMES_PER_SECOND = 24
# "fine detail, soft natural light" in Chinese, for Chinese prompts
_CHINESE = "\uff0c\u753b\u9762\u7ec6\u8282\u4e30\u5bcc\uff0c\u5149\u7ebf\u67d4\u548c\u81ea\u7136\u3002"
_ENGLISH = ", rich in fine detail, soft natural light, clear focus and a balanced composition."
_WORDS = re.compile(r"[A-Za-z][A-Za-z-]{3,}|[\u4e00-\u9fff]{1,8}")


def files_of(job: Job, logo: Mapping[str, Any] | None) -> list[tuple[bytes, str]]:
    """Every file as (bytes, extension). A watermark goes on the first picture, or on every frame."""
    drawn = draw(job)
    if job.model.video:
        count = int(job.values.get("frames", 121)) - 1
        stream = encode_frames([marked(one.image, logo) for one in drawn], count)
        return [(mux(stream, count / FRAMES_PER_SECOND), "mp4")]
    return [(encode(one, None if number else logo), EXTENSIONS[one.format]) for number, one in enumerate(drawn)]


def encode(drawn: Drawn, logo: Mapping[str, Any] | None) -> bytes:
    """The picture's file."""
    buffer = io.BytesIO()
    # Each format takes what is its own.
    marked(drawn.image, logo).save(buffer, drawn.format, compress_level=3, quality=drawn.quality, subsampling=0)
    return buffer.getvalue()


def marked(image: Image.Image, logo: Mapping[str, Any] | None) -> Image.Image:
    """The picture with its watermark. A mask (mode L) stays a mask: a watermark would be part of what it selects."""
    if logo is None or image.mode == "L":
        return image
    result = draw_logo(image.convert("RGB"), logo)
    if image.mode == "RGBA":
        result.putalpha(image.getchannel("A"))
    return result


def texts_of(job: Job) -> dict[str, str]:
    """The texts that the model's answers hold, by their keys; empty where the request asked for none."""
    values = job.values
    texts = {name: job.prompt if "prompt" in name else "" for name in job.model.texts}
    if values.get("use_predict_tags"):
        words = dict.fromkeys(word.lower() for word in _WORDS.findall(job.prompt))
        texts["predict_tags_result"] = ", ".join(["sandbox", *list(words)[:12]])
    # A rewritten prompt goes where the schedule of the request says: ``..._pe`` into ``pe_result``.
    expands = "use_pre_llm" in values
    name = str(values.get("req_schedule_conf") or "llm").rpartition("_")[2] if expands else "rephraser"
    # A model with such a text and no switch for it always rewrites.
    if f"{name}_result" in texts and values.get("use_pre_llm" if expands else "use_rephraser", True):
        prompt = job.prompt.rstrip("\u3002\uff0c.,!?\uff01\uff1f ")
        texts[f"{name}_result"] = prompt + (_CHINESE if re.search("[\u4e00-\u9fff]", prompt) else _ENGLISH)
    return texts

"""The service behind the gateway: a checked request in, the ``data`` object of a success envelope out."""

from __future__ import annotations

import base64
import math
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from .draw import DRAWERS
from .draw.base import Drawn, Order
from .envelope import GatewayRefusal, Refusal, algorithm_id
from .files import FileStore
from .pages import PAGES, Page
from .pictures import Loader
from .results import Result, pack
from .tasks import DONE, LOST, RESULT_ACTIONS, SUBMIT_ACTIONS, Fate, TaskStore
from .texts import rephrase, tags
from .validate import Delivery, Job, check, check_result_request

#: Seconds of film by the number of frames asked for: 24 a second, and one more.
_SECONDS = {121: 5.0, 241: 10.0}

#: Body, what to call at the charged moment, and what is to become of a submitted task.
Action = Callable[[Mapping[str, Any], Callable[[], None], Fate], dict[str, Any]]


class Service:
    """Runs requests. ``files`` keeps result files; ``file_url`` turns a file name into its address."""

    def __init__(self, files: FileStore, file_url: Callable[[str], str], loader: Loader, tasks: TaskStore) -> None:
        self._files = files
        self._file_url = file_url
        self._loader = loader
        self._tasks = tasks
        self.actions: dict[str, Action] = {
            "CVProcess": self.process,
            **dict.fromkeys(SUBMIT_ACTIONS, self.submit),
            **dict.fromkeys(RESULT_ACTIONS, self.result),
        }

    def process(self, body: Mapping[str, Any], made: Callable[[], None], fate: Fate) -> dict[str, Any]:
        """CVProcess: check, draw, answer. ``made`` is called once the pictures exist (the charged moment).

        Raises Refusal or GatewayRefusal."""
        page = _page(body)
        if not page.sync:
            raise Refusal(50402, f"'{page.req_key}' runs as a task: use {SUBMIT_ACTIONS[0]}")
        job = check(page, body, self._loader)
        result = _run(job)
        made()
        return self._answer(page, result, Delivery.of(job.values))

    def submit(self, body: Mapping[str, Any], made: Callable[[], None], fate: Fate) -> dict[str, Any]:
        """CVSync2AsyncSubmitTask and CVSubmitTask: check, accept (the charged moment). Raises like process."""
        page = _page(body)
        if not page.task:
            raise Refusal(50402, f"'{page.req_key}' has no task form: use CVProcess")
        task_id = self._tasks.add(check(page, body, self._loader, task=True), fate)
        made()
        return {"task_id": task_id}

    def result(self, body: Mapping[str, Any], made: Callable[[], None], fate: Fate) -> dict[str, Any]:
        """CVSync2AsyncGetResult and CVGetResult: status, and the pictures once done. Raises like process."""
        page = _page(body)
        delivery = check_result_request(body)
        task = self._tasks.find(body["task_id"], page.req_key)
        status = LOST if task is None else self._tasks.status(task)
        if task is None or status != DONE:
            return {"status": status}
        if isinstance(task.fate, int):
            raise Refusal(task.fate, "", data={"status": DONE})
        return {**self._answer(page, task.finish(_run), delivery), "status": DONE}

    def _answer(self, page: Page, result: Result, delivery: Delivery) -> dict[str, Any]:
        data: dict[str, Any] = {"algorithm_base_resp": {"status_code": 0, "status_message": "Success"}}
        files = result.files(delivery.logo)
        if page.video:
            data["video_url"] = self._file_url(self._files.put(*files[0]))
            data["aigc_meta_tagged"] = delivery.labelled
            return data
        texts = [] if delivery.by_url else [base64.b64encode(raw).decode("ascii") for raw, _ in files]
        data["binary_data_base64"] = texts
        data["image_urls"] = [self._file_url(self._files.put(*item)) for item in files] if delivery.by_url else []
        return {**result.texts, **data}


def _page(body: Mapping[str, Any]) -> Page:
    key = body.get("req_key")
    if "req_key" not in body:
        raise Refusal(50201, "'req_key' is required")
    if not isinstance(key, str):
        raise Refusal(50204, f"'req_key' must be a string, got {type(key).__name__}")
    if not key.strip():
        raise Refusal(50201, "'req_key' must not be empty")
    if key not in PAGES:
        raise GatewayRefusal("model_not_found", f"No available channel for model {key[:80]}")
    return PAGES[key]


def _run(job: Job) -> Result:
    started = time.monotonic()
    drawn = _draw(job)
    extras = _extras(job, len(drawn), time.monotonic() - started)
    texts = {**(_echo(job.values) if job.page.echo else {}), **{key: extras[key] for key in job.page.answer}}
    seconds = _SECONDS[job.values["frames"]] if job.page.video else 0.0
    return Result(tuple(pack(item) for item in drawn), texts, seconds)


def _draw(job: Job) -> list[Drawn]:
    seed = int(job.values.get("seed", -1))
    order = Order(
        prompt=job.prompt,
        seed=secrets.randbelow(2**31) if seed == -1 else seed,
        values=job.values,
        pictures=job.pictures,
        named=job.named,
    )
    return DRAWERS[job.page.drawing](order)


def _extras(job: Job, count: int, seconds: float) -> dict[str, Any]:
    """Every model-specific key of the pages' answers; the page picks its own."""
    values = job.values
    rewritten = dict.fromkeys(("pe_result", "rephraser_result", "llm_result"), "")
    if values.get("use_rephraser") or job.page.rewrites:
        rewritten["rephraser_result"] = rephrase(job.prompt)
    if values.get("use_pre_llm"):
        rewritten[_REWRITERS[values.get("req_schedule_conf")]] = rephrase(job.prompt)
    return {
        **rewritten,
        "vlm_result": "",
        "infer_ctx": {},
        "predict_tags_result": tags(job.prompt) if values.get("use_predict_tags") else "",
        "prompt": job.prompt,
        "custom_prompt": job.prompt,
        "prompt_translated": job.prompt,
        "request_id": algorithm_id() if job.page.inner_id else "",
        "comfyui_cost": max(1, math.ceil(seconds)),
        "image_output": [f"uri://binary_data?index={index}" for index in range(count)],
        "contours_point": [],
    }


#: The answer key that takes the rewritten prompt, by the schedule asked for.
_REWRITERS: dict[str | None, str] = {
    None: "llm_result",
    "general_v20_9B_pe": "pe_result",
    "general_v20_9B_rephraser": "rephraser_result",
}


def _echo(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Parameters flattened to one level, without the pictures (catalog section 2)."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat.update(_echo(value, f"{prefix}{name}_"))
        elif isinstance(value, list):
            entries = {f"{name}_{place}": item for place, item in enumerate(value) if isinstance(item, Mapping)}
            flat.update(_echo(entries, prefix))
        elif value is not None:
            flat[prefix + name] = value
    return flat

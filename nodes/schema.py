"""ComfyUI schemas of the declared models."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..volcv_client.catalog.shared import RUN_OPTIONS
from ..volcv_client.catalog.spec import Branch, Choice, Input, Model, Numeric, Output, Seed, Switch, Text
from .before_run import host_requires

if TYPE_CHECKING:
    from .runner import NodeResult

CATEGORY = "Volcengine CV"

REPLAYED: dict[str, Any] = (
    {"has_intermediate_output": True} if "has_intermediate_output" in {one.name for one in fields(io.Schema)} else {}
)
"""Schema argument (ComfyUI 0.19): status and previews are shown again when ComfyUI answers from its cache."""

WatermarkType = io.Custom("VOLCV_WATERMARK")
ControlType = io.Custom("VOLCV_CONTROL")
SUGGESTING = "VOLCV_REQ_KEY"
"""The browser's widget that suggests the known req_keys, see ``web/any_model.js``."""


def schema_of(model: Model) -> io.Schema:
    """The node of a model: its inputs in declared order, then what every generating node has."""
    return io.Schema(
        node_id=model.node_id,
        display_name=f"{model.title} (Volcengine)",
        category=f"{CATEGORY}/{model.group}",
        description=model.summary if model.any_req_key else f"{model.summary}\n\nreq_key: {', '.join(model.req_keys)}",
        search_aliases=[*model.aliases, *model.req_keys, "volcengine", "volcv"],
        inputs=[io_input(input_) for input_ in sorted((*model.inputs, *RUN_OPTIONS), key=lambda one: one.late)],
        outputs=outputs_of(model),
        hidden=[io.Hidden.unique_id],
        **REPLAYED,
    )


def outputs_of(model: Model | None = None, first: Output = Output.IMAGES) -> list[io.Output]:
    """The outputs of a node: the pictures (or videos) first, then the service's texts, then the rest.

    Without a model: of any node that hands out ``first``.
    """
    first, *rest = model.outputs if model else (first,)
    return [
        MEDIA_OUTPUTS[first](),
        io.String.Output("text", tooltip="What the service wrote: the expanded prompt, tags; or nothing."),
        io.String.Output(
            "response", tooltip="JSON list, one object per call: request_id, seed, seconds, image_urls, ..."
        ),
        *(MEDIA_OUTPUTS[output]() for output in rest),
    ]


def values_of(model: Model, result: NodeResult, video: Callable[[str], Any]) -> list[Any]:
    """A node's outputs in the order of :func:`outputs_of`; ``video`` makes a VIDEO of a file's path."""
    media = {
        Output.IMAGES: result.images,
        Output.MASK: result.mask,
        Output.VIDEO: [video(str(path)) for path in result.video],
    }
    first, *rest = (media[output] for output in model.outputs)
    return [first, result.text, result.response, *rest]


MEDIA_OUTPUTS: dict[Output, Callable[[], io.Output]] = {
    Output.IMAGES: lambda: io.Image.Output("images", tooltip="The pictures, in order, as one batch."),
    Output.MASK: lambda: io.Mask.Output("mask", tooltip="White is what was cut out, one mask per picture."),
    Output.VIDEO: lambda: io.Video.Output(
        "video", is_output_list=True, tooltip="The videos, one after the other, each as the service sent it."
    ),
}


def io_input(input_: Input) -> io.Input:
    """The ComfyUI input of a declared input."""
    return MAKERS[input_.kind](input_)


def common(input_: Input) -> dict[str, Any]:
    optional = not host_requires(input_)
    return {"id": input_.name, "tooltip": input_.help, "optional": optional, "advanced": input_.advanced or None}


def text(input_: Text) -> io.Input:
    widget = {"extra_dict": {"widgetType": SUGGESTING}} if input_.name == "req_key" else {}
    return io.String.Input(**common(input_), default=input_.default, multiline=input_.multiline, **widget)


def seed(input_: Seed) -> io.Input:
    control = None if input_.advanced else io.ControlAfterGenerate.fixed
    limits = {"default": input_.default, "min": input_.low, "max": input_.high}
    return io.Int.Input(**common(input_), **limits, control_after_generate=control)


def number(input_: Numeric) -> io.Input:
    limits = {"default": input_.default, "min": input_.low, "max": input_.high, "step": input_.step}
    if input_.kind == "integer":
        return io.Int.Input(**common(input_), **limits)
    return io.Float.Input(**common(input_), **limits, round=0.001)


def switch(input_: Switch) -> io.Input:
    return io.Boolean.Input(**common(input_), default=input_.default)


def choice(input_: Choice) -> io.Input:
    return io.Combo.Input(**common(input_), options=list(input_.options), default=input_.default)


def branch(input_: Branch) -> io.Input:
    arms = [io.DynamicCombo.Option(label, list(map(io_input, arm.inputs))) for label, arm in input_.options.items()]
    return io.DynamicCombo.Input(input_.name, options=arms, tooltip=input_.help)


MAKERS: dict[str, Callable[[Any], io.Input]] = {
    "text": text,
    "json": text,
    "seed": seed,
    "integer": number,
    "number": number,
    "switch": switch,
    "choice": choice,
    "branch": branch,
    "picture": lambda input_: io.Image.Input(**common(input_)),
    "mask": lambda input_: io.Mask.Input(**common(input_)),
    "video": lambda input_: io.Video.Input(**common(input_)),
    "audio": lambda input_: io.Audio.Input(**common(input_)),
    "watermark": lambda input_: WatermarkType.Input(**common(input_)),
    "controls": lambda input_: ControlType.Input(**common(input_)),
}
"""The ComfyUI input by kind of input."""

"""Catalog entries as ComfyUI schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from comfy_api.latest import io

from ..volcv_client.catalog.shared import RUN_OPTIONS
from ..volcv_client.catalog.spec import (
    Branch,
    Choice,
    Controls,
    Input,
    Integer,
    MaskPicture,
    Model,
    Number,
    Output,
    Picture,
    Seed,
    Switch,
    Text,
    Watermark,
)

if TYPE_CHECKING:
    from .runner import NodeResult

CATEGORY = "Volcengine CV"
WatermarkType = io.Custom("VOLCV_WATERMARK")
ControlType = io.Custom("VOLCV_CONTROL")


def schema_of(model: Model) -> io.Schema:
    """The node of a model: its inputs in declared order, then what every generating node has."""
    return io.Schema(
        node_id=model.node_id,
        display_name=f"{model.title} (Volcengine)",
        category=f"{CATEGORY}/{model.group}",
        description=model.summary if model.any_req_key else f"{model.summary}\n\nreq_key: {', '.join(model.req_keys)}",
        search_aliases=[*model.aliases, *model.req_keys, "volcengine", "volcv"],
        inputs=[io_input(one) for one in (*model.inputs, *RUN_OPTIONS)],
        outputs=outputs_of(model),
        hidden=[io.Hidden.unique_id],
    )


def outputs_of(model: Model | None = None) -> list[io.Output]:
    """What a node returns: the pictures (or videos) first, then what the service wrote, then the rest.

    Without a model: of any node that hands out generated pictures.
    """
    made = model.outputs if model else (Output.IMAGES,)
    return [
        MEDIA_OUTPUTS[made[0]](),
        io.String.Output("text", tooltip="What the service wrote: the expanded prompt, tags; or nothing."),
        io.String.Output(
            "response", tooltip="JSON list, one object per call: request_id, seed, seconds, image_urls, ..."
        ),
        *(MEDIA_OUTPUTS[one]() for one in made[1:]),
    ]


def values_of(model: Model, result: NodeResult, video: Callable[[str], Any]) -> list[Any]:
    """A node's outputs in the order of :func:`outputs_of`; ``video`` makes a VIDEO of a file's path."""
    made = {
        Output.IMAGES: result.images,
        Output.MASK: result.mask,
        Output.VIDEO: [video(str(path)) for path in result.video],
    }
    first, *rest = (made[one] for one in model.outputs)
    return [first, result.text, result.response, *rest]


MEDIA_OUTPUTS: dict[Output, Callable[[], io.Output]] = {
    Output.IMAGES: lambda: io.Image.Output("images", tooltip="The pictures, in order, as one batch."),
    Output.MASK: lambda: io.Mask.Output("mask", tooltip="White is what was cut out, one mask per picture."),
    Output.VIDEO: lambda: io.Video.Output(
        "video", is_output_list=True, tooltip="The videos, one after the other, each as the service sent it."
    ),
}


def io_input(one: Input) -> io.Input:
    """The ComfyUI input of a declared one."""
    for kind, make in MAKERS.items():
        if isinstance(one, kind):
            made: io.Input = make(one)
            return made
    raise TypeError(f"{one.name}: no ComfyUI input for {type(one).__name__}")


def common(one: Input, *, optional: bool | None = None) -> dict[str, Any]:
    """Advanced inputs are optional, so that prompts written by programs may leave them out."""
    optional = one.advanced if optional is None else optional
    return {"id": one.name, "tooltip": one.help, "optional": optional, "advanced": one.advanced or None}


def text(one: Text) -> io.Input:
    return io.String.Input(**common(one), default=one.default, multiline=one.multiline)


def seed(one: Seed) -> io.Input:
    return io.Int.Input(
        **common(one),
        default=one.default,
        min=one.low,
        max=one.high,
        control_after_generate=io.ControlAfterGenerate.fixed if not one.advanced else None,
    )


def integer(one: Integer) -> io.Input:
    return io.Int.Input(**common(one), default=one.default, min=one.low, max=one.high, step=one.step)


def number(one: Number) -> io.Input:
    return io.Float.Input(**common(one), default=one.default, min=one.low, max=one.high, step=one.step, round=0.001)


def switch(one: Switch) -> io.Input:
    return io.Boolean.Input(**common(one), default=one.default)


def choice(one: Choice) -> io.Input:
    return io.Combo.Input(**common(one), options=list(one.options), default=one.default)


def branch(one: Branch) -> io.Input:
    arms = [io.DynamicCombo.Option(key, [io_input(inner) for inner in arm.inputs]) for key, arm in one.options.items()]
    return io.DynamicCombo.Input(one.name, options=arms, tooltip=one.help)


def mask(one: MaskPicture) -> io.Input:
    return io.Mask.Input(**common(one, optional=not one.required))


def picture(one: Picture) -> io.Input:
    return io.Image.Input(**common(one, optional=not one.required))


def watermark(one: Watermark) -> io.Input:
    return WatermarkType.Input(one.name, tooltip=one.help, optional=True)


def controls(one: Controls) -> io.Input:
    return ControlType.Input(one.name, tooltip=one.help, optional=True)


MAKERS: dict[type[Input], Callable[[Any], io.Input]] = {
    Seed: seed,
    Text: text,
    Integer: integer,
    Number: number,
    Switch: switch,
    Choice: choice,
    Branch: branch,
    MaskPicture: mask,
    Picture: picture,
    Watermark: watermark,
    Controls: controls,
}
"""In order: a kind stands before the kind that it specialises."""

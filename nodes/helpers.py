"""Helper nodes: watermark, further controls, stored results, shipped demo pictures.

Lazy imports: what only a running node needs must not slow down ComfyUI's start.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from comfy.model_management import InterruptProcessingException
from comfy_api.latest import InputImpl, io, ui
from torch import Tensor

from ..volcv_client.catalog.examples import PICTURE_NAMES, picture_path
from ..volcv_client.catalog.shared import CONTROL_STRENGTH, CONTROL_TYPES, WATERMARK_LANGUAGES, WATERMARK_POSITIONS
from ..volcv_client.catalog.spec import Output
from ..volcv_client.errors import Cancelled, StoreError, VolcvError
from .host import ComfyHost
from .schema import CATEGORY, REPLAYED, ControlType, WatermarkType, io_input, outputs_of
from .status import failed

if TYPE_CHECKING:
    from .runner import NodeResult

TOOLS = f"{CATEGORY}/Tools"

ControlInput = tuple[Tensor, str, float]
"""Picture ``[B, H, W, 3]``, control type and strength; a control socket carries a tuple of them, in order."""


class Watermark(io.ComfyNode):
    """The visible watermark block of the service (catalog section 3)."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Volcv_watermark",
            display_name="Watermark (Volcengine)",
            category=TOOLS,
            description="A visible watermark that the service draws. Connect it to logo_info.",
            search_aliases=["watermark", "logo_info", "shuiyin", "volcv"],
            inputs=[
                io.String.Input(
                    "logo_text_content",
                    default="This is a visible watermark",
                    tooltip="Text of the watermark. Empty: the service's own text in the chosen language.",
                ),
                io.Combo.Input(
                    "position",
                    options=list(WATERMARK_POSITIONS),
                    default="bottom right",
                    tooltip="Corner of the picture.",
                ),
                io.Combo.Input(
                    "language",
                    options=list(WATERMARK_LANGUAGES),
                    default="Chinese",
                    tooltip="Language of the service's own text.",
                ),
                io.Float.Input(
                    "opacity",
                    default=0.3,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="1 is fully opaque. The seed pages print 0.3; newer official pages say 1.",
                ),
            ],
            outputs=[WatermarkType.Output("logo_info", tooltip="Connect it to logo_info of a model.")],
        )

    @classmethod
    def execute(cls, logo_text_content: str, position: str, language: str, opacity: float) -> io.NodeOutput:
        return io.NodeOutput(
            {
                "add_logo": True,
                "position": WATERMARK_POSITIONS[position],
                "language": WATERMARK_LANGUAGES[language],
                "opacity": opacity,
                "logo_text_content": logo_text_content,
            }
        )


class Control(io.ComfyNode):
    """One further control of a ControlNet model."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Volcv_control",
            display_name="Control (Volcengine)",
            category=TOOLS,
            description="A further control picture. Chain several by previous; connect the last to more_controls.",
            search_aliases=["controlnet", "canny", "depth", "pose", "volcv"],
            inputs=[
                io.Image.Input("image", tooltip="The picture whose edges, depth or pose are kept."),
                io.Combo.Input(
                    "control_type", options=list(CONTROL_TYPES), default="depth", tooltip="What is kept of the picture."
                ),
                io_input(CONTROL_STRENGTH),
                ControlType.Input("previous", optional=True, tooltip="The controls before this one."),
            ],
            outputs=[ControlType.Output("control", tooltip="This control after the previous ones.")],
        )

    @classmethod
    def execute(
        cls, image: Tensor, control_type: str, strength: float, previous: tuple[ControlInput, ...] = ()
    ) -> io.NodeOutput:
        return io.NodeOutput((*previous, (image, control_type, strength)))


class ExamplePicture(io.ComfyNode):
    """A picture that comes with the pack, so that example workflows run on any machine."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Volcv_example_picture",
            display_name="Example picture (Volcengine)",
            category=TOOLS,
            description="A picture that comes with the pack. Put Load Image in its place for your own.",
            search_aliases=["demo", "sample", "load image", "volcv"],
            **REPLAYED,
            inputs=[
                io.Combo.Input(
                    "picture", options=list(PICTURE_NAMES), default=PICTURE_NAMES[0], tooltip="Which picture."
                )
            ],
            outputs=[
                io.Image.Output("image", tooltip="The picture."),
                io.Mask.Output("mask", tooltip="White where the picture is transparent, as Load Image has it."),
            ],
        )

    @classmethod
    def execute(cls, picture: str) -> io.NodeOutput:
        from .images import bytes_to_tensor, load_alpha

        data = picture_path(picture).read_bytes()
        image = bytes_to_tensor(data)
        return io.NodeOutput(image, 1.0 - load_alpha(data), ui=ui.PreviewImage(image, cls=cls))


class Recall(io.ComfyNode):
    """Loads pictures from the result store, and fetches those that are paid and not stored yet, without a charge."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Volcv_recall",
            display_name="Recall results (Volcengine)",
            category=TOOLS,
            description="Brings back stored results: one by its request_id, or the newest ones. Nothing is charged.",
            search_aliases=["history", "results", "reuse", "volcv"],
            inputs=[
                io.String.Input(
                    "request_id",
                    default="",
                    tooltip="The request_id from a response output or from the history. Empty: the newest results.",
                ),
                io.Int.Input(
                    "newest",
                    default=1,
                    min=1,
                    max=64,
                    tooltip="How many of the newest results, newest first. Not used with a request_id.",
                ),
            ],
            outputs=outputs_of(),
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
            **REPLAYED,
        )

    @classmethod
    def fingerprint_inputs(cls, request_id: str | None = None, **_: object) -> float | str:
        """NaN makes ComfyUI re-run the node: the newest results change. A request id names constant pictures."""
        return (request_id or "").strip() or float("nan")

    @classmethod
    async def validate_inputs(cls, request_id: str | None = None) -> bool | str:
        """Refuses a request id (None: linked) that names neither a stored picture nor a paid result. ``newest`` is not
        named, so the host still checks its limits."""
        return await refusal(lambda wanted: runner().check_recall(wanted), request_id)

    @classmethod
    async def execute(cls, request_id: str, newest: int) -> io.NodeOutput:
        host = ComfyHost(cls.hidden.unique_id)
        result = await brought_back(host, lambda module: module.recall(request_id.strip(), newest, host))
        return io.NodeOutput(result.images, result.text, result.response, ui=await host.shown(result))


class RecallVideo(io.ComfyNode):
    """Loads videos from the result store, and fetches those that are paid and not stored yet, without a charge."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="Volcv_recall_video",
            display_name="Recall video (Volcengine)",
            category=TOOLS,
            description="Brings back a stored video by its request_id, or the newest one. Nothing is charged.",
            search_aliases=["history", "results", "reuse", "film", "volcv"],
            inputs=[
                io.String.Input(
                    "request_id",
                    default="",
                    tooltip="The request_id from a response output or from the history. Empty: the newest video.",
                ),
            ],
            outputs=outputs_of(first=Output.VIDEO),
            hidden=[io.Hidden.unique_id],
            is_output_node=True,
            **REPLAYED,
        )

    @classmethod
    def fingerprint_inputs(cls, request_id: str | None = None) -> float | str:
        """See :meth:`Recall.fingerprint_inputs`."""
        return Recall.fingerprint_inputs(request_id)

    @classmethod
    async def validate_inputs(cls, request_id: str | None = None) -> bool | str:
        """Refuses a request id (None: linked) that names neither a stored video nor a paid result."""
        return await refusal(lambda wanted: runner().check_recall_video(wanted), request_id)

    @classmethod
    async def execute(cls, request_id: str) -> io.NodeOutput:
        host = ComfyHost(cls.hidden.unique_id)
        result = await brought_back(host, lambda module: module.recall_video(request_id.strip(), host))
        videos = [InputImpl.VideoFromFile(str(path)) for path in result.video]
        return io.NodeOutput(videos, result.text, result.response, ui=await host.shown(result))


async def refusal(check: Callable[[str], None], request_id: str | None) -> bool | str:
    """True, or why ``check`` raises StoreError for that request id; an empty or unknown one is not checked."""
    if wanted := (request_id or "").strip():
        try:
            await asyncio.to_thread(check, wanted)
        except StoreError as error:
            return str(error)
    return True


async def brought_back(host: ComfyHost, recall: Callable[[Any], Coroutine[Any, Any, NodeResult]]) -> NodeResult:
    """What ``recall`` brings back by means of :func:`runner`. Raises VolcvError, which the node shows."""
    module = await asyncio.to_thread(runner)  # in a thread: importing would block the event loop
    try:
        return await recall(module)
    except Cancelled:
        # Any other exception would show as an error instead of an interruption.
        raise InterruptProcessingException from None
    except VolcvError as error:
        host.outcome(failed(error))
        raise


def runner() -> Any:
    """Lazy import of :mod:`.runner`: it loads the client."""
    from . import runner

    return runner


HELPERS: tuple[type[io.ComfyNode], ...] = (Watermark, Control, Recall, RecallVideo, ExamplePicture)

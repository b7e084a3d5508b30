"""What ComfyUI loads: the node classes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Any, ClassVar

from comfy.model_management import InterruptProcessingException
from comfy_api.latest import ComfyExtension, InputImpl, io

from ..volcv_client.catalog import all_models
from ..volcv_client.catalog.spec import Model
from ..volcv_client.errors import Cancelled
from .before_run import checked_inputs, fingerprint, refusal
from .helpers import HELPERS
from .host import ComfyHost, configure_for_comfyui
from .schema import schema_of, values_of
from .server import routes
from .shutdown import wait_on_sigterm

if TYPE_CHECKING:
    from .runner import NodeResult


def runner() -> Callable[..., Coroutine[Any, Any, NodeResult]]:
    """Lazy import of :func:`.runner.run_model`: it loads the client, and ComfyUI's start must not wait for that."""
    from .runner import run_model

    return run_model


class ModelNode:
    """Behaviour of every model's node; nodes differ only in ``MODEL``.

    A mixin, not a ComfyNode: ComfyUI Manager's scanner would list a class with that base as a node of its own.
    """

    MODEL: ClassVar[Model]
    hidden: ClassVar[Any]

    @classmethod
    def define_schema(cls) -> io.Schema:
        return schema_of(cls.MODEL)

    @classmethod
    def fingerprint_inputs(cls, **inputs: Any) -> float | str:
        """See :func:`.before_run.fingerprint`."""
        return fingerprint(cls.MODEL, inputs)

    @classmethod
    async def execute(cls, **inputs: Any) -> io.NodeOutput:
        try:
            run_model = await asyncio.to_thread(runner)  # in a thread: importing would block the event loop
            host = ComfyHost(cls.hidden.unique_id)
            result = await run_model(cls.MODEL, inputs, host)
            shown = await host.shown(result)
            return io.NodeOutput(*values_of(cls.MODEL, result, InputImpl.VideoFromFile), ui=shown)
        except Cancelled:
            # Any other exception would show as an error instead of an interruption.
            raise InterruptProcessingException from None


class Validator:
    """``validate_inputs`` of a model's node: True, or why the node cannot run.

    The host reads from the signature which inputs to pass and to mark, so each model has a signature of its own.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self._names = checked_inputs(model)
        parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in ("cls", *self._names)]
        self.__signature__ = Signature(parameters)

    def __call__(self, cls: type[io.ComfyNode], /, **inputs: Any) -> bool | str:
        """``inputs`` also holds every DynamicCombo, without its values; the host passes them unasked."""
        return refusal(self._model, self._names, inputs) or True


def model_node(model: Model) -> type[io.ComfyNode]:
    """The node class of a model."""
    own = {"MODEL": model, "__doc__": model.summary, "validate_inputs": classmethod(Validator(model))}
    return type(model.node_id, (ModelNode, io.ComfyNode), own)


class VolcvExtension(ComfyExtension):
    """Every model of the catalog as a node, and the helper nodes."""

    async def on_load(self) -> None:
        configure_for_comfyui()
        routes.register()
        wait_on_sigterm()

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        return [*map(model_node, all_models()), *HELPERS]

"""Declarations for drawing: the model's own, or one for a model of the catalog that has no node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from volcv_client.catalog import Model, model, shared
from volcv_client.catalog.spec import Origin, Output, Text

from .pages import Page

#: Area of a picture in px where the request does not say it: quick to draw.
_VALUES = {"size": 256 * 256}


def model_for(page: Page) -> tuple[Model, Mapping[str, Any]]:
    """What the sandbox draws the model's results by, and values that stand below the request's. Nothing is checked
    by it."""
    try:
        return model(page.req_key), {}
    except KeyError:
        stand_in = Model(
            req_key=page.req_key,
            title=page.req_key,
            group="Tools",
            summary="A model without a node.",
            page=shared.OVERVIEW,
            inputs=(Text(name="prompt", tooltip="", multiline=True), *shared.size(512, "", origin=Origin.GATEWAY)),
            outputs=(Output.VIDEO if page.video else Output.IMAGES,),
        )
        return stand_in, _VALUES

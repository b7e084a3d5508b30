"""The table of models says what the declarations say."""

from __future__ import annotations

from volcv_client.catalog import all_models

from . import models as table


def test_the_table_is_up_to_date() -> None:
    assert table.FILE.read_text(encoding="utf-8") == table.text(), "run python -m tests.generate docs"


def test_every_model_and_key_is_in_it() -> None:
    text = table.text()
    for model in all_models():
        assert f"`{model.node_id}`" in text
        assert all(f"`{key}`" in text for key in model.req_keys) or model.name == "any"

"""Examples that make something new: pictures from a text, pictures from pictures, a video."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.generate.workflows.default import of_model
from tests.generate.workflows.parts import Example, child, node, save
from volcv_client.catalog import all_models, model
from volcv_client.catalog.examples import example_of

TEXT_TO_IMAGE = of_model(model("Volcv_high_aes_general_v14"), "Text to image - One sentence")

VARIATIONS = Example(
    "Text to image - Variations with watermark",
    {
        "1": node(
            "Volcv_watermark",
            "Visible watermark",
            logo_text_content="AI generated",
            position="bottom left",
            language="English",
            opacity=0.8,
        ),
        "2": node(
            "Volcv_high_aes_general_v14",
            "Four pictures of one prompt",
            logo_info=["1", 0],
            prompt="Mountain ridges above a sea of clouds at dawn, the first sun between the peaks, golden light, "
            "landscape photograph",
            width=768,
            height=512,
            seed=31_000,
            count=4,
        ),
        "3": node("SaveImage", "Save the pictures", images=["2", 0], filename_prefix="volcv/variations"),
    },
    {"Variations with a watermark": ("1", "2", "3")},
    ("3",),
    {"3": (560, 470)},
)

COMPARED = (
    (
        "General 3.0",
        node("Volcv_high_aes_general_v30l_zt2i", "General 3.0", width=1328, height=1328, seed=2030),
    ),
    (
        "Jimeng 4.0",
        node(
            "Volcv_jimeng_t2i_v40",
            "Jimeng 4.0",
            force_single=True,
            size_by="width and height",
            **child("size_by", width=1328, height=1328),
        ),
    ),
    ("General 2.1", node("Volcv_high_aes_general_v21_L", "General 2.1", width=512, height=512, seed=2021)),
    ("General 2.0 Pro", node("Volcv_high_aes_general_v20_L", "General 2.0 Pro", width=512, height=512, seed=2020)),
    ("General 2.0", node("Volcv_high_aes_general_v20", "General 2.0", width=512, height=512, seed=2002)),
    ("General 1.4", node("Volcv_high_aes_general_v14", "General 1.4", width=768, height=768, seed=2014)),
    ("General XL Pro", node("Volcv_t2i_xl_sft", "General XL Pro", width=1024, height=1024, seed=2010)),
    ("Anime 1.3", node("Volcv_high_aes", "Anime 1.3", width=1024, height=1024, seed=2013)),
)
"""Title of the group and the model in it, the newest first."""

TEXT_GROUP = "Text to image"


def further() -> Iterator[tuple[str, dict[str, Any]]]:
    """The other models of the catalog that need only a prompt, at their defaults and with a fixed seed."""
    shown = {compared["class_type"] for _, compared in COMPARED}
    for one in all_models():
        needed = [input_.name for input_ in one.all_inputs() if getattr(input_, "required", False)]
        if one.group == TEXT_GROUP and one.node_id not in shown and needed == ["prompt"]:
            seed = {"seed": example_of(one).values.get("seed", 1)} if "seed" in one.defaults() else {}
            yield one.title, node(one.node_id, one.title, **seed)


def comparison() -> Example:
    """One text for every text-to-image model, each with a preview of its own."""
    text = "Layered mountain ridges above a wide valley, a low sun, fine detail, landscape photograph"
    graph = {"1": node("PrimitiveStringMultiline", "One prompt for all", value=text)}
    tasks = {"Prompt": ("1",)}
    for number, (title, compared) in enumerate((*COMPARED, *further()), 1):
        key, shown = str(2 * number), str(2 * number + 1)
        graph[key] = {**compared, "inputs": {"prompt": ["1", 0], **compared["inputs"]}}
        graph[shown] = node("PreviewImage", f"Picture of {title}", images=[key, 0])
        tasks[title] = (key, shown)
    shown_by = tuple(members[-1] for members in tasks.values() if len(members) == 2)
    return Example("Text to image - Compare models", graph, tasks, shown_by)


COMPARE = comparison()

JIMENG = of_model(
    model("Volcv_jimeng_t2i_v40"),
    "Jimeng 4.0 - Several pictures",
    titles={"1": "Picture 1: who", "2": "Picture 2: where"},
    sizes={"4": (480, 430)},
)

VIDEO = of_model(
    model("Volcv_jimeng_ti2v_v30_pro"), "Video - First frame", titles={"1": "First frame"}, sizes={"3": (520, 480)}
)

ANY = Example(
    "Any model - By name",
    {
        "1": node(
            "Volcv_any",
            "A model by its req_key",
            req_key="high_aes_general_v30l_zt2i",
            body=json.dumps(
                {
                    "prompt": "Rolling hills in spring light, a low sun, wide view",
                    "width": 1024,
                    "height": 768,
                    "scale": 2.5,
                },
                indent=1,
            ),
            seed=1906,
        ),
        "2": save("1", "Save the picture", "any model"),
        "3": node("PreviewAny", "What the service said", source=["1", 2]),
    },
    {"Any model": ("1", "2", "3")},
    ("2",),
    {"2": (480, 430)},
)

RECALL = Example(
    "Results - Recall free of charge",
    {
        "1": node("Volcv_recall", "The newest results", newest=4),
        "2": node("SaveImage", "Save them again", images=["1", 0], filename_prefix="volcv/recalled"),
        "3": node("PreviewAny", "Where they came from", source=["1", 2]),
    },
    {"Recall results": ("1", "2", "3")},
    ("2",),
    {"2": (560, 470)},
    after=VARIATIONS.title,
)

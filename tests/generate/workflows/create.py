"""Examples that make something new: pictures from a text, pictures from pictures, a video."""

from __future__ import annotations

import json

from tests.generate.workflows.default import of_model
from tests.generate.workflows.parts import Example, node, picture, save, save_video
from volcv_client.catalog import model

TEXT_TO_IMAGE = of_model(model("Volcv_high_aes_general_v14"), "Text to image - One sentence", sizes={"2": (480, 430)})

VARIATIONS = Example(
    "Text to image - Variations with watermark",
    {
        "1": node(
            "Volcv_watermark",
            logo_text_content="AI generated",
            position="bottom left",
            language="English",
            opacity=0.8,
        ),
        "2": node(
            "Volcv_high_aes_general_v14",
            "Four pictures",
            logo_info=["1", 0],
            prompt="Mountain ridges above a sea of clouds at dawn, the first sun between the peaks, golden light, "
            "landscape photograph",
            width=768,
            height=512,
            seed=31_000,
            count=4,
        ),
        "3": save("2", "variations"),
    },
    ("3",),
    sizes={"3": (500, 430)},
)

COMPARED = (
    node("Volcv_high_aes_general_v30l_zt2i", "General 3.0", width=1328, height=1328, seed=2030),
    node("Volcv_high_aes_general_v21_L", "General 2.1", width=512, height=512, seed=2021),
    node("Volcv_t2i_xl_sft", "General XL Pro", width=1024, height=1024, seed=2010),
)
"""Models that every key can call."""


def comparison() -> Example:
    """One text for three text-to-image models, each with a preview of its own.

    The models are collapsed: the pictures count here, and nothing hides the links.
    """
    text = "Layered mountain ridges above a wide valley, a low sun, fine detail, landscape photograph"
    graph = {"1": node("PrimitiveStringMultiline", "One prompt for all", value=text)}
    for number, compared in enumerate(COMPARED, 1):
        key = str(2 * number)
        graph[key] = {**compared, "inputs": {"prompt": ["1", 0], **compared["inputs"]}}
        graph[str(2 * number + 1)] = node("PreviewImage", images=[key, 0])
    models, shown = ("2", "4", "6"), ("3", "5", "7")
    return Example(
        "Text to image - Compare models",
        graph,
        shown,
        (("1",), models, shown),
        collapsed=models,
        sizes={"1": (300, 200)},
    )


COMPARE = comparison()

PICTURE_TO_VIDEO = Example(
    "Jimeng - Picture to video",
    {
        "1": picture("landscape", "First frame"),
        "2": node(
            "Volcv_jimeng_video_v30",
            image=["1", 0],
            prompt="The camera flies slowly over the lake, mist drifts between the mountains, birds cross the sky",
            source="first frame",
            seed=3012,
        ),
        "3": save_video("2", "jimeng video"),
    },
    ("3",),
)

TALKING_PICTURE = Example(
    "Video - Talking picture",
    {
        "1": picture("character", "Who speaks"),
        "2": node("EmptyAudio", "Put Load Audio here", duration=3.0, sample_rate=44100, channels=1),
        "3": node(
            "Volcv_jimeng_realman_avatar_picture_omni_v15",
            image=["1", 0],
            audio=["2", 0],
            prompt="It greets happily and waves",
            seed=1830,
        ),
        "4": save_video("3", "talking picture"),
    },
    ("4",),
)

JIMENG = of_model(
    model("Volcv_jimeng_t2i_v40"),
    "Jimeng 4.0 - Several pictures",
    titles={"1": "1: who", "2": "2: where"},
    sizes={"4": (480, 430)},
)

VIDEO = of_model(model("Volcv_jimeng_ti2v_v30_pro"), "Video - First frame", titles={"1": "First frame"})

ANY = Example(
    "Any model - By name",
    {
        "1": node(
            "Volcv_any",
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
        "2": save("1", "any model"),
        "3": node("PreviewAny", "What the service said", source=["1", 2]),
    },
    ("2",),
    sizes={"2": (440, 380)},
)

RECALL = Example(
    "Results - Recall free of charge",
    {
        "1": node("Volcv_recall", newest=4),
        "2": save("1", "recalled"),
        "3": node("PreviewAny", "Where they came from", source=["1", 2]),
    },
    ("2",),
    sizes={"2": (500, 430)},
    after=VARIATIONS.title,
)

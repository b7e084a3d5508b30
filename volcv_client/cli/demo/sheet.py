"""The contact sheet: one page that shows what went in beside what came out, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ... import messages
from ...catalog.labels import example_texts
from ...catalog.spec import JsonText, Model, Text

LANGUAGES = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True)
class Shown:
    """A picture or video of the sheet: ``file`` relative to the page, size in pixels."""

    name: str
    file: str
    width: int
    height: int
    video: bool = False


@dataclass(frozen=True)
class Entry:
    """One model on the sheet. ``values`` are the parameters chosen, ``request`` the body without its pictures."""

    model: Model
    values: Mapping[str, Any]
    inputs: Sequence[Shown]
    outputs: Sequence[Shown]
    texts: Mapping[str, str]
    request: Mapping[str, Any]
    request_id: str
    seconds: float | None


def render(entries: Sequence[Entry]) -> str:
    """The page as HTML. It loads nothing but the picture files."""
    return template("sheet.html").format(
        style=template("sheet.css"),
        title=escape(messages.texts("en")["cli.sheet.title"]),
        head=both("h1", "cli.sheet.title"),
        about=both("p", "cli.sheet.about", cls="about"),
        strip="\n".join(map(strip_item, entries)),
        cards="\n".join(map(card, entries)),
        foot=both("p", "cli.sheet.foot"),
    )


def template(name: str) -> str:
    """An HTML file with ``str.format`` placeholders, or the style sheet."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def both(tag: str, key: str, *, cls: str = "", **values: object) -> str:
    """The text in both languages, one element each."""
    lines = []
    for language, code in LANGUAGES.items():
        text = escape(messages.texts(language)[key].format(**values))
        lines.append(f'<{tag} class="{(cls + " " + language).strip()}" lang="{code}">{text}</{tag}>')
    return "".join(lines)


def label(key: str) -> str:
    """A short bilingual label."""
    return f'<span class="label">{both("span", key)}</span>'


def anchor(model: Model) -> str:
    return model.node_id


def picture(shown: Shown, *, lazy: bool = True) -> str:
    file = escape(quote(shown.file))
    return f'<a href="{file}">{media(shown, shown.name, lazy=lazy)}</a>'


def media(shown: Shown, name: str, *, lazy: bool = False) -> str:
    """The element that shows the file; a video plays without sound, over and over."""
    file, size = escape(quote(shown.file)), f'width="{shown.width}" height="{shown.height}"'
    if shown.video:
        return f'<video src="{file}" {size} aria-label="{escape(name)}" autoplay muted loop playsinline></video>'
    loading = ' loading="lazy"' if lazy else ""
    return f'<img src="{file}" {size} alt="{escape(name)}"{loading}>'


def strip_item(entry: Entry) -> str:
    """The model's picture in the row at the top, as wide as its shape asks for."""
    first = entry.outputs[0]
    ratio = first.width / first.height
    style = f"flex:{ratio:.4f} 1 {6 * ratio:.3f}rem"
    return (
        f'<a href="#{anchor(entry.model)}" style="{style}" title="{escape(entry.model.title)}">'
        f"{media(first, entry.model.title)}</a>"
    )


def card(entry: Entry) -> str:
    model = entry.model
    return template("card.html").format(
        anchor=anchor(model),
        group=escape(model.group),
        heading=heading(model),
        key=escape(model.req_key),
        inputs="\n".join(column(entry)),
        outputs="\n".join(figure(one, "out") for one in entry.outputs),
        answer="".join(answer(entry)),
        chips="".join(chips(entry)),
        details=label("cli.sheet.request"),
        request=escape(json.dumps(entry.request, ensure_ascii=False, indent=2)),
    )


def heading(model: Model) -> str:
    """Title and caption of the model's example."""
    return "".join(language_block(language, *example_texts(model, language)) for language in LANGUAGES)


def language_block(language: str, title: str, caption: str) -> str:
    code = LANGUAGES[language]
    return f'<div class="{language}" lang="{code}"><h2>{escape(title)}</h2><p>{escape(caption)}</p></div>'


def column(entry: Entry) -> Iterator[str]:
    """What went in: pictures, then the prompt."""
    for one in entry.inputs:
        yield figure(one, "in")
    prompt = prompt_of(entry)
    if prompt:
        yield f"<blockquote>{label('cli.sheet.prompt')}{escape(entry.values[prompt])}</blockquote>"


def prompt_of(entry: Entry) -> str:
    """Name of the value that is the prompt; empty if there is none."""
    texts = (
        one.name
        for one in entry.model.all_inputs()
        if isinstance(one, Text) and one.multiline and not isinstance(one, JsonText)
    )
    return next((name for name in texts if entry.values.get(name)), "")


def figure(shown: Shown, cls: str) -> str:
    size = f"{shown.width} &times; {shown.height}"
    cls += " film" * shown.video
    return (
        f'<figure class="{cls}">{picture(shown)}'
        f"<figcaption><code>{escape(shown.name)}</code><span>{size}</span></figcaption></figure>"
    )


def answer(entry: Entry) -> Iterator[str]:
    """What the service wrote."""
    for name, text in entry.texts.items():
        if text:
            yield f'<p class="answer"><code>{escape(name)}</code> {escape(text)}</p>'


def chips(entry: Entry) -> Iterator[str]:
    """The parameters that were chosen, the service's time and the request id."""
    prompt = prompt_of(entry)
    for name, value in entry.values.items():
        if name != prompt:
            yield chip(f"<code>{escape(name)}</code>", value)
    if entry.seconds is not None:
        yield chip(label("cli.sheet.seconds"), f"{entry.seconds:.1f} s", cls="quiet")
    yield chip("<code>request_id</code>", entry.request_id, cls="quiet")


def chip(name: str, value: object, cls: str = "") -> str:
    return f'<div class="{cls}"><dt>{name}</dt><dd>{escape(str(value))}</dd></div>'

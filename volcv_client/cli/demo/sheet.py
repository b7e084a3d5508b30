"""The contact sheet: one page that shows what went in beside what came out, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from ... import messages
from ...catalog.spec import JsonBody, Model, Text

LANGUAGES = {"en": "en", "zh": "zh-CN"}


@dataclass(frozen=True)
class Shown:
    """A picture of the sheet: ``file`` relative to the page, size in pixels. ``film``: the video that it shows."""

    name: str
    file: str
    width: int
    height: int
    film: str = ""


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
    return PAGE.format(
        style=CSS,
        title=escape(messages.texts("en")["cli.sheet.title"]),
        head=both("h1", "cli.sheet.title"),
        about=both("p", "cli.sheet.about", cls="about"),
        strip="\n".join(map(strip_item, entries)),
        cards="\n".join(map(card, entries)),
        foot=both("p", "cli.sheet.foot"),
    )


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
    loading = ' loading="lazy"' if lazy else ""
    target = escape(quote(shown.film)) or file
    return (
        f'<a href="{target}"><img src="{file}" width="{shown.width}" height="{shown.height}" '
        f'alt="{escape(shown.name)}"{loading}></a>'
    )


def strip_item(entry: Entry) -> str:
    """The model's picture in the row at the top, as wide as its shape asks for."""
    first = entry.outputs[0]
    ratio = first.width / first.height
    style = f"flex:{ratio:.4f} 1 {6 * ratio:.3f}rem"
    file = escape(quote(first.file))
    return (
        f'<a href="#{anchor(entry.model)}" style="{style}" title="{escape(entry.model.title)}">'
        f'<img src="{file}" width="{first.width}" height="{first.height}" alt="{escape(entry.model.title)}"></a>'
    )


def card(entry: Entry) -> str:
    model = entry.model
    return CARD.format(
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
    """Title and caption from the texts ``cli.demo.<req_key>.*``, else from the declaration."""
    name = f"cli.demo.{model.req_key}"
    if not messages.has(f"{name}.title"):
        return language_block("en", model.title, model.summary)
    texts = {language: messages.texts(language) for language in LANGUAGES}
    return "".join(language_block(one, text[f"{name}.title"], text[f"{name}.caption"]) for one, text in texts.items())


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
        if isinstance(one, Text) and one.multiline and not isinstance(one, JsonBody)
    )
    return next((name for name in texts if entry.values.get(name)), "")


def figure(shown: Shown, cls: str) -> str:
    size = f"{shown.width} &times; {shown.height}"
    cls += " film" * bool(shown.film)
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


CARD = """<article id="{anchor}">
<header><div class="kind"><span>{group}</span><code>{key}</code></div>{heading}</header>
<div class="stage">
<div class="ins">{inputs}</div>
<div class="arrow" aria-hidden="true"><svg viewBox="0 0 24 24"><path d="M4 12h15m-6-6 6 6-6 6"/></svg></div>
<div class="outs">{outputs}{answer}</div>
</div>
<dl>{chips}</dl>
<details><summary>{details}</summary><pre>{request}</pre></details>
</article>"""

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header class="top"><div class="names">{head}</div>{about}</header>
<nav class="strip">
{strip}
</nav>
<main>
{cards}
</main>
<footer>{foot}</footer>
</body>
</html>
"""

CSS = """
:root {
  --paper: #f4f2ee; --card: #fffdfa; --ink: #23211d; --soft: #6d685f; --line: #e3ded4; --well: #edeae3;
  --accent: #b86a00; --tint: #fbf0dd; --shadow: 0 1px 2px #0000000d, 0 12px 32px -16px #00000026;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131418; --card: #1c1e24; --ink: #ecebe7; --soft: #a09d97; --line: #30333b; --well: #15171b;
    --accent: #ffb74a; --tint: #2c2618; --shadow: 0 1px 2px #0006, 0 16px 40px -20px #000c;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  background: var(--paper); color: var(--ink); padding: clamp(1rem, 4vw, 3.5rem) clamp(1rem, 4vw, 3rem);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
}
body > * { max-width: 1240px; margin-inline: auto; }
img { display: block; width: 100%; height: auto; }
code { font: .86em/1.4 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }
.zh { color: var(--soft); }
.top { margin-bottom: 1.75rem; }
.names { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1rem; margin-bottom: .6rem; }
h1 { font-size: clamp(1.7rem, 4vw, 2.6rem); line-height: 1.15; letter-spacing: -.02em; font-weight: 700; }
h1.zh { font-size: clamp(1.2rem, 2.6vw, 1.7rem); font-weight: 500; letter-spacing: 0; }
.about { max-width: 62rem; }
.strip { display: flex; flex-wrap: wrap; gap: .5rem; margin-bottom: 2.5rem; }
.strip::after { content: ""; flex: 100 1 0; }
.strip a { min-width: 0; border-radius: .5rem; overflow: hidden; box-shadow: var(--shadow); transition: transform .2s; }
.strip a:hover { transform: translateY(-3px); }
main { display: grid; gap: 2rem; }
article {
  background: var(--card); border: 1px solid var(--line); border-radius: 1.1rem; box-shadow: var(--shadow);
  padding: clamp(1rem, 2.6vw, 2rem); scroll-margin-top: 1rem;
}
article > header { display: grid; grid-template-columns: 1fr 1fr; gap: .15rem 2rem; margin-bottom: 1.4rem; }
.kind {
  grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .3rem .9rem; align-items: center; color: var(--soft);
  margin-bottom: .3rem;
}
.kind span {
  color: var(--accent); background: var(--tint); border-radius: 1rem; padding: .1rem .7rem; font-size: .8rem;
  font-weight: 600;
}
h2 { font-size: 1.35rem; line-height: 1.3; letter-spacing: -.01em; }
.zh h2 { font-weight: 500; letter-spacing: 0; }
article > header p { font-size: .95rem; }
.stage { display: grid; grid-template-columns: minmax(0, 17rem) 2rem minmax(0, 1fr); gap: 1rem; align-items: center; }
.ins { display: grid; gap: .9rem; align-self: center; }
figure a {
  display: block; border-radius: .7rem; overflow: hidden; border: 1px solid var(--line);
  background: repeating-conic-gradient(#8882 0 25%, #0000 0 50%) 0 0 / 18px 18px, var(--well);
}
figure.out { width: fit-content; max-width: 100%; }
figure.out a { border: 0; }
figure.out img { width: auto; max-width: 100%; max-height: 40rem; }
.film a { position: relative; }
.film a::after {
  content: "\\25b6"; position: absolute; right: .8rem; top: .8rem; width: 2.4rem; line-height: 2.4rem;
  padding-left: .2rem; border-radius: 50%; text-align: center; color: #fff; background: #000a;
}
figcaption span { white-space: nowrap; }
figcaption {
  display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; color: var(--soft); font-size: .82rem;
  padding: .35rem .1rem; overflow-wrap: anywhere;
}
blockquote {
  border-left: 3px solid var(--accent); background: var(--well); border-radius: .2rem .7rem .7rem .2rem;
  padding: .7rem .9rem; font-size: 1.02rem; line-height: 1.45;
}
.label { display: inline-flex; gap: .4rem; font-size: .78rem; color: var(--soft); }
blockquote .label { display: flex; margin-bottom: .15rem; }
.arrow svg { width: 100%; fill: none; stroke: var(--accent); stroke-width: 2; stroke-linecap: round;
  stroke-linejoin: round; }
.answer { color: var(--soft); font-size: .88rem; }
.answer code { color: var(--accent); }
dl { display: flex; flex-wrap: wrap; gap: .45rem; margin-top: 1.3rem; }
dl div {
  display: inline-flex; align-items: baseline; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden;
  font-size: .85rem;
}
dt { background: var(--well); color: var(--soft); padding: .2rem .55rem; }
dd { padding: .2rem .6rem; font-weight: 600; overflow-wrap: anywhere; }
.quiet dd { font-weight: 400; color: var(--soft); }
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--soft); width: fit-content; }
summary .label { font-size: .88rem; }
pre {
  margin-top: .6rem; padding: 1rem; background: var(--well); border-radius: .7rem; overflow-x: auto;
  font: .8rem/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace;
}
footer { margin-top: 2.5rem; color: var(--soft); font-size: .88rem; }
@media (max-width: 820px) {
  .stage, article > header { grid-template-columns: minmax(0, 1fr); }
  .arrow { width: 2rem; margin: -.3rem auto; transform: rotate(90deg); }
  .ins { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); align-items: start; }
  .ins blockquote { grid-column: 1 / -1; }
  .strip a { min-width: 30%; }
  .strip img { height: 100%; object-fit: cover; }
}
@media print {
  body { background: #fff; }
  article { break-inside: avoid; box-shadow: none; }
  details { display: none; }
}
"""

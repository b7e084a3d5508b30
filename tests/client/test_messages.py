"""The texts: complete in both languages, and every one that the code asks for is there."""

from __future__ import annotations

import ast
import string
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

import volcv_client
from volcv_client import messages
from volcv_client.answer.advice import RETURN_URL
from volcv_client.answer.codes import CODES, HTTP_STATUSES
from volcv_client.calls.call import Phase
from volcv_client.errors import BatchError, Charged, VolcvError
from volcv_client.store.spending import periods

EN, ZH = messages.texts("en"), messages.texts("zh")
PACKAGE = Path(volcv_client.__file__).parent
LANGUAGELESS = {"sentence.between", "status.between", "fact.between", "fact.http_status", "fact.request_id", "fact.all"}
LANGUAGELESS |= {"cli.config.from.profile"}


def subclasses(kind: type[VolcvError]) -> Iterator[type[VolcvError]]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    singular = {name for name in EN if name.endswith(".singular")}
    assert EN.keys() - singular == ZH.keys()
    assert all("{count}" in EN[name.removesuffix(".singular")] for name in singular)
    assert not [name for name in EN if "(s)" in EN[name].replace("http(s)", "")]
    different = {name for name in ZH if placeholders(EN[name]) != placeholders(ZH[name])}
    assert not different


def test_every_text_is_translated() -> None:
    same = {name for name in ZH if EN[name] == ZH[name]}
    assert same <= LANGUAGELESS
    untranslated = {name for name in ZH if name not in LANGUAGELESS and ZH[name].isascii() and len(ZH[name]) > 12}
    assert not untranslated
    assert all(text.isascii() for text in EN.values())


def strings_of(node: ast.expr) -> Iterator[str]:
    """The constants that an expression can be: one, or the two arms of a conditional."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from strings_of(node.body)
        yield from strings_of(node.orelse)


def first_arguments() -> Iterator[tuple[str, str]]:
    """(name of what is called, constant first argument) of every call in the package."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", None) or getattr(node.func, "id", "")
                for text in strings_of(node.args[0]):
                    yield name, text


def test_every_text_that_the_code_asks_for_exists() -> None:
    kinds = {"VolcvError"} | {kind.__name__ for kind in subclasses(VolcvError)}
    calls = list(first_arguments())
    errors = {text for name, text in calls if name in kinds}
    said = {text for name, text in calls if name == "say"}
    assert len(errors) > 40
    assert len(said) > 15
    needed = {f"error.{key}.{part}" for key in errors for part in ("message", "advice")} | said
    assert needed <= EN.keys()


def test_every_code_status_and_phase_has_its_texts() -> None:
    keys = [str(code) for code in CODES] + [f"http_{status}" for status in HTTP_STATUSES]
    keys += ["http_5xx", "http_other", "redirected", "unknown_code"]
    needed = {f"error.{key}.{part}" for key in keys for part in ("message", "advice")}
    needed |= {f"status.{phase.value}" for phase in Phase if phase is not Phase.DONE}
    needed |= {f"charged.{one.value}" for one in Charged if one is not Charged.NO}
    assert needed <= EN.keys()


def test_every_error_says_what_and_what_to_do() -> None:
    for name in EN:
        if name.startswith("error.") and name.endswith(".message"):
            assert name.removesuffix("message") + "advice" in EN


def test_no_error_text_is_unused() -> None:
    constants = {
        node.value
        for folder in (PACKAGE, PACKAGE.parent / "nodes")
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    made = {str(code) for code in CODES} | {f"http_{status}" for status in HTTP_STATUSES}
    made |= {f"{period}_limit" for period in periods()}
    keys = {name.split(".")[1] for name in EN if name.startswith("error.")}
    assert not keys - constants - made


@pytest.mark.parametrize(
    ("variable", "locale", "expected"),
    [("zh", "en", "zh"), ("en", "zh-CN", "en"), (None, "zh-CN", "zh"), (None, "zh_TW.UTF-8", "zh"), (None, "C", "en")],
)
def test_language_follows_the_variable_then_the_locale(
    monkeypatch: pytest.MonkeyPatch, variable: str | None, locale: str, expected: str
) -> None:
    monkeypatch.delenv("VOLCV_LANG")
    if variable:
        monkeypatch.setenv("VOLCV_LANG", variable)
    monkeypatch.setattr(messages, "_locale_source", lambda: locale)
    assert messages.language() == expected


def test_an_error_speaks_the_language_in_force_when_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    error = BatchError([(2, VolcvError("50412", code=50412))], 3)
    english = str(error)
    monkeypatch.setenv("VOLCV_LANG", "zh")
    assert str(error) != english
    assert "50412" in str(error)
    assert not str(error).isascii()


def columns(text: str) -> int:
    """Width of a text; a Chinese character takes two columns."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


@pytest.mark.parametrize("language", messages.LANGUAGES)
def test_every_remedy_fits_on_the_first_line_of_a_node(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("VOLCV_LANG", language)
    texts = messages.texts(language)
    for name in texts:
        if name.startswith("error.") and name.endswith(".message"):
            key = name.split(".")[1]
            fields = placeholders(texts[f"error.{key}.advice"]) | placeholders(texts.get(f"error.{key}.remedy", ""))
            for variant in ("", RETURN_URL, "none"):
                error = VolcvError(key, **dict.fromkeys(fields, "512"))
                error.variant = variant
                assert error.remedy and columns(error.remedy) <= 45, (key, error.remedy)


@pytest.mark.parametrize(("count", "text"), [(0, "0 pictures"), (1, "1 picture"), (2, "2 pictures")])
def test_a_count_of_one_is_singular(count: int, text: str) -> None:
    assert messages.say("made.images", count=count) == text
    assert str(count) in messages.texts("zh")["made.images"].format(count=count)

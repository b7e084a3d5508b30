"""Texts of the answers: a plausible rewritten prompt and simple tags."""

from __future__ import annotations

import re

# "fine detail, soft natural light, balanced composition" in Chinese, for Chinese prompts
_CHINESE_TAIL = (
    "\uff0c\u753b\u9762\u7ec6\u8282\u4e30\u5bcc\uff0c\u5149\u7ebf\u67d4\u548c\u81ea\u7136\uff0c"
    "\u6784\u56fe\u5747\u8861\u3002"
)
_CHINESE_ENDS = "\u3002\uff0c.,!?\uff01\uff1f "
_WORDS = re.compile(r"[A-Za-z][A-Za-z-]{2,}|[\u4e00-\u9fff]{1,8}")
_SMALL_WORDS = {"the", "and", "with", "for", "from", "into", "over", "that", "this"}


def rephrase(prompt: str) -> str:
    """The prompt made longer, in its own language."""
    text = prompt.strip().rstrip(_CHINESE_ENDS)
    if re.search(r"[\u4e00-\u9fff]", text):
        return text + _CHINESE_TAIL
    return f"{text}, rich in fine detail, soft natural light, clear focus and a balanced composition."


def tags(prompt: str) -> str:
    """Comma-separated words of the prompt, lower case, at most twelve."""
    found: dict[str, None] = {}
    for word in _WORDS.findall(prompt):
        if word.lower() not in _SMALL_WORDS:
            found[word.lower()] = None
    return ", ".join(["sandbox", *list(found)[:12]])

"""What a fake model says: a function of what it was asked."""

import hashlib
import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

ChatMessage: TypeAlias = dict[str, str]
AnswerFunction: TypeAlias = Callable[[Sequence[ChatMessage], str], str]

_CHOICE = re.compile(r"^\s*\(?([A-Z])[).:]", re.MULTILINE)
_CHARS_PER_TOKEN = 4


def hashed_answer(messages: Sequence[ChatMessage], model: str) -> str:
    """Return an answer drawn from the sha256 of model and messages: a letter where choices stand."""
    text = "\x1e".join(f"{each['role']}\x1f{each['content']}" for each in messages)
    digest = hashlib.sha256(f"{model}\x1d{text}".encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest[:4], "big")
    letters = sorted(set(_CHOICE.findall(messages[-1]["content"]))) if messages else []
    if len(letters) > 1:
        return f"The answer is {letters[number % len(letters)]}."
    return f"The answer is {number % 1000}."


def token_count(text: str) -> int:
    """Return the number of tokens that the fake tokenizer makes of a text: one per 4 characters."""
    return -(-len(text) // _CHARS_PER_TOKEN)


def prompt_token_count(messages: Sequence[ChatMessage]) -> int:
    """Return the number of tokens of a chat, with 4 per message for the template."""
    return sum(token_count(each["content"]) + 4 for each in messages)

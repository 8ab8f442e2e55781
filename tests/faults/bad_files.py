"""Configuration and benchmark files as they come in the wild: mutated, cut, encoded, poisoned."""

import codecs
import json
from collections.abc import Callable, Iterator

from scramblebench.core.randomness import RandomStream

CONFIG = """\
experiment_name: "language_dependency_study"
research_metadata:
  researcher_name: "Zoë Größe"
  tags: ["a", "b"]
models:
  - name: "llama3:8b"
    provider: "ollama"
    temperature: 0.0
    max_tokens: 200
    stop: ["\\n\\n"]
  - name: "gpt-3.5-turbo"
    provider: "openrouter"
    requests_per_minute: 60.5
    price: {prompt_usd_per_million: 0.5, completion_usd_per_million: 1.5}
benchmarks:
  own:
    paths: ["data/*.jsonl"]
    fields: {question: "Body+Question", answer: "Answer"}
    sample_size: 20
    few_shot: 2
scrambling:
  levels: [0, 17, 33, 50, 100]
  methods: ["character_substitution"]
  preserve_numbers: true
  random_seed: 42
execution:
  max_concurrent_requests: 16
  retry_wait_s: 0.5
statistical_analysis:
  confidence_level: 0.95
  correction_method: "holm"
"""
_TRAPS = (
    "!!python/object/apply:os.system [id]", "!function utils.f", "&a [1]", "*a", "<<: *a", "\t",
    "\x00", "\ufeff", "12:30:00", "012", "0x1F", "1e3", ".inf", "-.nan", "1e999", "9" * 500, "yes",
    "No", "~", "null", "{}", "[]", "? [a]", "|\n  text", ">-\n  text", "%YAML 1.2", "---", "...",
    "#", '"', "'", ":", "- ", "'\\e[31m'", '"\\e]52;c;x\\a"', '"\\ud800"', "\u202e", "\u2028", "\x85",
    "é" * 300, "a: " * 40, "[" * 200, "{a: " * 60, "x" * 200_000, "2001-01-01", "@", "`", "1_000",
)  # fmt: skip


def mutated_config(seed: int) -> bytes:
    """Return a configuration with one to six changes; the same for the same seed."""
    stream = RandomStream("config", seed)
    lines = CONFIG.splitlines()
    for _ in range(1 + stream.below(6)):
        lines = stream.choice(_CHANGES)(stream, lines) or [""]
    return stream.choice(_ENCODINGS)("\n".join(lines) + "\n")


def _cut(stream: RandomStream, lines: list[str]) -> list[str]:
    return lines[: stream.below(len(lines) + 1)]


def _drop(stream: RandomStream, lines: list[str]) -> list[str]:
    at = stream.below(len(lines))
    return lines[:at] + lines[at + 1 :]


def _repeat(stream: RandomStream, lines: list[str]) -> list[str]:
    at = stream.below(len(lines))
    return lines[: at + 1] + lines[at:]


def _move(stream: RandomStream, lines: list[str]) -> list[str]:
    moved = list(lines)
    moved.insert(stream.below(len(lines)), moved.pop(stream.below(len(lines))))
    return moved


def _indent(stream: RandomStream, lines: list[str]) -> list[str]:
    at = stream.below(len(lines))
    shifted = " " * stream.below(9) + lines[at].lstrip()
    return [*lines[:at], shifted, *lines[at + 1 :]]


def _set_trap(stream: RandomStream, lines: list[str]) -> list[str]:
    at = stream.below(len(lines))
    trap, line = stream.choice(_TRAPS), lines[at]
    key, colon, _ = line.partition(":")
    column = stream.below(len(line) + 1)
    trapped = (f"{key}{colon} {trap}", line[:column] + trap + line[column:], f"{trap}: 1", trap)
    return [*lines[:at], stream.choice(trapped), *lines[at + 1 :]]


def _replace_character(stream: RandomStream, lines: list[str]) -> list[str]:
    at = stream.below(len(lines))
    line = lines[at]
    column = stream.below(len(line) + 1)
    character = chr(stream.below(0xD800))
    return [*lines[:at], line[:column] + character + line[column + 1 :], *lines[at + 1 :]]


def _misspell(stream: RandomStream, lines: list[str]) -> list[str]:
    at = stream.below(len(lines))
    line = lines[at]
    column = stream.below(len(line) + 1)
    return [*lines[:at], line[:column] + line[column + 1 :], *lines[at + 1 :]]


_CHANGES: tuple[Callable[[RandomStream, list[str]], list[str]], ...] = (
    _cut, _drop, _repeat, _move, _indent, _set_trap, _set_trap, _replace_character, _misspell,
)  # fmt: skip


def _plain(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


_ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    _plain,
    _plain,
    _plain,
    _plain,
    lambda text: codecs.BOM_UTF8 + _plain(text),
    lambda text: _plain(text.replace("\n", "\r\n")),
    lambda text: _plain(text.replace("\n", "\r")),
    _latin,
    lambda text: text.encode("utf-16", "surrogatepass"),
)

_RECORDS = [{"question": f"Wie groß ist {n} + 1?", "answer": str(n + 1)} for n in range(3)]
_ROWS = [["question", "answer"], *([r["question"], r["answer"]] for r in _RECORDS)]


def _tables(separator: str) -> str:
    return "".join(separator.join(row) + "\n" for row in _ROWS)


_WHOLE = {
    "jsonl": "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in _RECORDS),
    "json": json.dumps(_RECORDS, indent=1, ensure_ascii=False) + "\n",
    "data.json": json.dumps({"version": 1, "data": _RECORDS}, ensure_ascii=False),
    "csv": _tables(","),
    "tsv": _tables("\t"),
}
"""By suffix: five ways to write the same three questions."""

_SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "whole": lambda data: data,
    "bom": lambda data: codecs.BOM_UTF8 + data,
    "two-boms": lambda data: 2 * codecs.BOM_UTF8 + data,
    "crlf": lambda data: data.replace(b"\n", b"\r\n"),
    "cr": lambda data: data.replace(b"\n", b"\r"),
    "latin-1": lambda data: data.decode().encode("latin-1"),
    "utf-16": lambda data: data.decode().encode("utf-16"),
    "utf-16-be": lambda data: data.decode().encode("utf-16-be"),
    "utf-32": lambda data: data.decode().encode("utf-32"),
    "nul": lambda data: data[:20] + b"\0" + data[20:],
    "nuls": lambda data: b"\0" * 4096,
    "nul-tail": lambda data: data + b"\0" * 512,
    "empty": lambda data: b"",
    "blank": lambda data: b" \n\t\n" * 50,
    "blank-lines": lambda data: data.replace(b"\n", b"\n\n \n"),
    "no-end": lambda data: data.rstrip(b"\n"),
    "cut-character": lambda data: data[: data.index("ß".encode()) + 1],
    "cut": lambda data: data[: len(data) // 2],
    "cut-early": lambda data: data[:3],
    "twice": lambda data: data + data,
    "overlong": lambda data: data.replace(b"+", b"\xc0\xab"),
    "surrogate": lambda data: data.replace(b"+", b"\xed\xa0\x80"),
    "escaped-surrogate": lambda data: data.replace(b"+", b"\\ud800"),
    "escaped-nul": lambda data: data.replace(b"+", b"\\u0000"),
    "control": lambda data: data.replace(b"+", b"\x1b]52;c;eA==\x07"),
    "bidi": lambda data: data.replace(b"+", "\u202e".encode()),
    "line-separator": lambda data: data.replace(b" ", "\u2028".encode()),
    "next-line": lambda data: data.replace(b"+", b"\xc2\x85"),
    "formula": lambda data: data.replace(b"Wie", b"=cmd|' /C calc'!A0"),
    "quotes": lambda data: data.replace(b"Wie", b'"'),
    "backslash": lambda data: data.replace(b"Wie", b"\\"),
    "nan": lambda data: data.replace(b'"1"', b"NaN"),
    "digits": lambda data: data.replace(b'"1"', b"9" * 5000),
    "exponent": lambda data: data.replace(b'"1"', b"1e999999999"),
    "deep": lambda data: data.replace(b'"1"', b"[" * 5000),
    "html": lambda data: b"<!doctype html><html><body>404 Not Found</body></html>",
    "gzip": lambda data: bytes.fromhex("1f8b0800000000000003") + bytes(range(256)) * 8,
    "random": lambda data: bytes(RandomStream("bytes", len(data)).below(256) for _ in range(4096)),
    "merge-conflict": lambda data: b"<<<<<<< HEAD\n" + data + b"=======\n" + data + b">>>>>>> b\n",
    "lfs-pointer": lambda data: b"version https://git-lfs.example/spec/v1\noid sha256:0\nsize 3\n",
}
LONG_LINE_BYTES = 100 * 1024 * 1024


def corpus() -> Iterator[tuple[str, bytes]]:
    """Yield 200 files by name: five formats, each spoilt in forty ways."""
    for suffix, text in _WHOLE.items():
        for name, spoil in _SPOILT.items():
            yield f"{name}.{suffix}", spoil(text.encode())

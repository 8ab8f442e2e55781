"""The formats by name, and which of them a file is: told by its content, not by its name."""

from collections.abc import Callable, Iterator
from enum import StrEnum

from scramblebench.core.errors import UsageError
from scramblebench.imports import inspect_files, inspect_logs, lm_eval, scramble_jsonl
from scramblebench.imports.record import ImportedResponse, ImportOptions
from scramblebench.imports.sources import SourceFile
from scramblebench.imports.values import parse_object

Reader = Callable[[SourceFile, ImportOptions], Iterator[ImportedResponse]]
"""Yields the responses of a file in its order (formats -> survey, storing)."""
_START_BYTES = 4096


class FormatName(StrEnum):
    """What a file of responses is."""

    SCRAMBLE = "scramble"
    LM_EVAL = "lm-eval"
    INSPECT = "inspect"


READERS: dict[FormatName, Reader] = {
    FormatName.SCRAMBLE: scramble_jsonl.read,
    FormatName.LM_EVAL: lm_eval.read,
    FormatName.INSPECT: inspect_logs.read,
}


def find_format(source: SourceFile) -> FormatName:
    """Return the format of a file; raises ImportFileError where it is none that is known."""
    with source.open() as handle:
        start = handle.read(_START_BYTES)
    if inspect_files.is_log(start):
        return FormatName.INSPECT
    number, line = next(source.lines(), (None, b""))
    if number is None:
        raise source.wrong("is empty")
    try:
        fields = parse_object(line)
    except UsageError as error:
        words = f"{error}; one record per line is expected (JSON Lines)"
        raise source.wrong(words, number) from error
    if lm_eval.is_ours(fields):
        return FormatName.LM_EVAL
    if scramble_jsonl.is_ours(fields):
        return FormatName.SCRAMBLE
    known = ", ".join(FormatName)
    raise source.wrong(
        "its fields are of no format that is known: a response has at least item, model, response, "
        f"and condition or level; name the format with --format ({known})",
        number,
    )

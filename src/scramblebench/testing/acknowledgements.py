"""What a run was told to be stored, written down by the run itself, for a judge after its death."""

import os
from bisect import bisect_right
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from scramblebench.core.errors import StorageError
from scramblebench.storage import Settlement, Writer
from scramblebench.storage.sanitise import storable
from scramblebench.testing.stored_rows import TrialKey, text_hash


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A response handed to the writer, and whether the writer said that it is stored.

    ``ledger_sequence`` is the last entry in the provider's ledger at that moment: a later entry of the
    same trial was sent after its response was committed. None where it was never acknowledged.
    """

    key: TrialKey
    text_sha256: str
    ledger_sequence: int | None


@contextmanager
def recorded_acknowledgements(path: Path, ledger_path: Path) -> Generator[None]:
    """Write down in this process what goes into a ``Writer`` and what comes back as stored.

    A line is handed to the operating system before each response is handed to the writer and when it is
    acknowledged: kill -9 loses none of them.
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    hand = Writer.hand

    def recording_hand(writer: Writer, items: Any, acknowledge: Callable[[Any], object]) -> None:
        lines = [line for item in items if (line := _described(item))]
        os.write(file, "".join(f"? {line}\n" for line in lines).encode())

        def acknowledged(result: Any) -> None:
            if not isinstance(result, StorageError):
                n_bytes = ledger_path.stat().st_size if ledger_path.exists() else 0
                os.write(file, "".join(f"= {line} {n_bytes}\n" for line in lines).encode())
            acknowledge(result)

        hand(writer, items, acknowledged)

    setattr(Writer, "hand", recording_hand)  # noqa: B010 - the type checker is right to object
    try:
        yield
    finally:
        setattr(Writer, "hand", hand)  # noqa: B010
        os.close(file)


def _described(item: Any) -> str | None:
    if not isinstance(item, Settlement) or item.response is None:
        return None
    attempt = item.attempt
    return (
        f"{attempt.experiment_id} {attempt.trial_index} {text_hash(storable(item.response.text))}"
    )


def read_acknowledgements(
    path: Path, ledger_path: Path, start_byte: int = 0, n_before: int = 0
) -> Sequence[Acknowledgement]:
    """Return what was written down; each response twice where it was acknowledged.

    Only the part of the ledger from ``start_byte`` on is read; ``n_before`` entries stand before it.
    """
    if not path.exists():
        return ()
    ends = _line_ends(ledger_path, start_byte)
    found: list[Acknowledgement] = []
    for line in path.read_text().splitlines():
        kind, experiment_id, index, text_sha256, *rest = line.split(" ")
        sequence = n_before + bisect_right(ends, int(rest[0])) if kind == "=" else None
        found.append(Acknowledgement((experiment_id, int(index)), text_sha256, sequence))
    return found


def _line_ends(path: Path, start_byte: int) -> list[int]:
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(start_byte)
        return list(accumulate(map(len, file), initial=start_byte))[1:]

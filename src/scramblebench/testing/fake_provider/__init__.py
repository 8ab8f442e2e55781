"""A double of Ollama, OpenRouter and OpenAI with a ledger and scripted faults, for tests and benchmarks.

In a test: ``async with FakeProviderServer(...) as server``; as a process of its own:
``python -m scramblebench.testing.fake_provider --help``.
"""

from scramblebench.testing.fake_provider.answers import hashed_answer
from scramblebench.testing.fake_provider.faults import FAULT_NAMES, Fault, parse_fault
from scramblebench.testing.fake_provider.ledger import Ledger, LedgerEntry, read_ledger
from scramblebench.testing.fake_provider.server import DEFAULT_MODELS, FakeProviderServer

__all__ = [
    "DEFAULT_MODELS",
    "FAULT_NAMES",
    "FakeProviderServer",
    "Fault",
    "Ledger",
    "LedgerEntry",
    "hashed_answer",
    "parse_fault",
    "read_ledger",
]

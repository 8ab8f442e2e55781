"""The last look before money is spent: whether a request may still leave this machine."""

from collections.abc import Callable
from contextvars import ContextVar

MAY_SEND: ContextVar[Callable[[], bool]] = ContextVar("MAY_SEND", default=lambda: True)
"""Asked by whoever holds the wire, when nothing more is waited for before the first byte (queue -> providers).

Between a check before a request is made and its first byte stand waits: for a connection, for a turn of
the event loop. A process that sleeps in one of them, its lease over, must not send when it wakes up.
"""

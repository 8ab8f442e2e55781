"""A TCP proxy that breaks the wire between any client and any server, on purpose and repeatably.

In a test: ``async with ChaosProxy("127.0.0.1", port, [WireFault("reset:40")]) as proxy``; as a process
of its own: ``python -m scramblebench.testing.chaos_proxy --help``.
"""

from scramblebench.testing.chaos_proxy.faults import WIRE_FAULT_NAMES, WireFault, parse_wire_fault
from scramblebench.testing.chaos_proxy.proxy import ChaosProxy
from scramblebench.testing.chaos_proxy.script import WireCounts

__all__ = ["WIRE_FAULT_NAMES", "ChaosProxy", "WireCounts", "WireFault", "parse_wire_fault"]

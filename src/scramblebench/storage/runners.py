"""Who a runner is: a name that says on which machine, in which process."""

import os
import secrets
import socket
import sys
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path


def new_runner_id() -> str:
    """Return ``host:pid:nonce`` for this process; the host part names one boot of one machine.

    Machines and containers share host names, and process numbers mean nothing beyond their own
    namespace; so a digest of the boot and the namespace follows the host name.
    """
    return f"{host_identity()}:{os.getpid()}:{secrets.token_hex(4)}"


@lru_cache(maxsize=1)
def host_identity() -> str:
    """Return the host part of runner ids made here."""
    parts = [socket.gethostname()]
    # not on every system; but no other error may give one machine two names
    with suppress(FileNotFoundError, PermissionError, NotADirectoryError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        parts.append(os.readlink("/proc/self/ns/pid"))
    digest = blake2b("\n".join(parts).encode(), digest_size=4).hexdigest()
    return f"{parts[0].replace(':', '-')}-{digest}"


def is_surely_gone(runner_id: str) -> bool:
    """Whether the runner was a process of this machine that has ended.

    False whenever that cannot be known: it ran elsewhere, or its number is in use again.
    """
    host, _, rest = runner_id.partition(":")
    pid = rest.partition(":")[0]
    if host != host_identity() or not pid.isdecimal() or sys.platform == "win32":
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False

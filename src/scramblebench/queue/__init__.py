"""Who runs what, and what is next: claims and leases; speaks to the store only."""

from scramblebench.queue.admission import SERIAL_PROVIDERS, Capacity, Place, Standing, places
from scramblebench.queue.lease import Lease
from scramblebench.queue.requirements import Requirements, check_requirements, read_requirements
from scramblebench.queue.retries import retry_wait_s
from scramblebench.queue.scheduler import LEASE_S, OnError, Run, Terms, run_queue

__all__ = [
    "LEASE_S",
    "SERIAL_PROVIDERS",
    "Capacity",
    "Lease",
    "OnError",
    "Place",
    "Requirements",
    "Run",
    "Standing",
    "Terms",
    "check_requirements",
    "places",
    "read_requirements",
    "retry_wait_s",
    "run_queue",
]

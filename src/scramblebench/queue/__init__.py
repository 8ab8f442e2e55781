"""Who runs what, and what is next: claims and leases; speaks to the store only."""

from scramblebench.queue.lease import Lease
from scramblebench.queue.retries import retry_wait_s
from scramblebench.queue.scheduler import Run, Terms, run_queue

__all__ = ["Lease", "Run", "Terms", "retry_wait_s", "run_queue"]

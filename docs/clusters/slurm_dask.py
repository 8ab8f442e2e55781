"""Workers as SLURM jobs of Dask: run where jobs may be submitted, with DATABASE_URL and keys in the environment.

pip install "scramblebench[dask,postgres]" dask-jobqueue; then: python slurm_dask.py 8
"""

import os
import subprocess
import sys
from typing import Any


def cluster(**changes: Any) -> Any:
    """Return a cluster of one-core jobs; nothing is submitted yet."""
    import dask
    from dask_jobqueue import SLURMCluster

    # else a node that froze is waited for much longer
    dask.config.set({"distributed.scheduler.worker-ttl": "30 s"})
    settings = os.environ.get("SCRAMBLEBENCH_SETTINGS", "$HOME/.config/scramblebench/settings.env")
    given = {
        "cores": 1,
        "processes": 1,
        "memory": "1GB",
        "walltime": "24:00:00",
        "job_extra_directives": ["--requeue"],
        "job_script_prologue": ["set -a", f'. "{settings}"', "set +a"],  # keys, on each node
    }
    return SLURMCluster(**{**given, **changes})


def main() -> int:
    """Start so many jobs, run what is queued, end them."""
    n_workers = int(sys.argv[1])
    with cluster() as jobs:
        jobs.scale(jobs=n_workers)
        command = ["scramblebench-experiment", "run", "--executor", "dask"]
        environment = {**os.environ, "DASK_SCHEDULER_ADDRESS": jobs.scheduler_address}
        return subprocess.call([*command, "--processes", str(n_workers)], env=environment)


if __name__ == "__main__":
    sys.exit(main())

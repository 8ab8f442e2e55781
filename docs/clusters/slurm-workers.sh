#!/bin/bash
# Workers that take shards of what the coordinator runs; as many as the array has elements.
#   sbatch --dependency=after:COORDINATOR_JOB_ID slurm-workers.sh
#SBATCH --job-name=scramblebench-worker
#SBATCH --array=1-8
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@90
set -euo pipefail
settings=${SCRAMBLEBENCH_SETTINGS:-$HOME/.config/scramblebench/settings.env}
set -a
# shellcheck source=/dev/null
. "$settings"
set +a
echo "worker ${SLURM_ARRAY_TASK_ID:?is set by sbatch --array} on $(hostname)"
# ends by itself when there was nothing to take for a minute
exec scramblebench-experiment run --worker

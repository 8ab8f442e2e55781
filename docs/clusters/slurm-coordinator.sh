#!/bin/bash
# The one who cuts experiments into shards and watches; sends no request itself.
#   sbatch slurm-coordinator.sh
#SBATCH --job-name=scramblebench
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
. "$settings"  # DATABASE_URL=postgresql://... and keys; chmod 600
set +a
# exec: what SLURM signals is then the program itself, which finishes what is in flight
exec scramblebench-experiment run --executor processes --processes 0

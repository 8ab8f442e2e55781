#!/bin/bash
# Ray on the nodes of one job, workers spread over them: one task a node starts Ray, the first one runs the command.
#SBATCH --job-name=scramblebench-ray
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
set -euo pipefail
settings=${SCRAMBLEBENCH_SETTINGS:-$HOME/.config/scramblebench/settings.env}
set -a
# shellcheck source=/dev/null
. "$settings"
set +a
export RAY_USAGE_STATS_ENABLED=0
first=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
address="$first:${RAY_PORT:-6379}"
# RAY_ADDRESS is for our command only: without it, it would start a Ray of its own on the first node
srun --nodes="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 \
  ray symmetric-run --address "$address" --min-nodes "$SLURM_JOB_NUM_NODES" \
  --num-cpus="$SLURM_CPUS_PER_TASK" --include-dashboard=false -- \
  env RAY_ADDRESS="$address" scramblebench-experiment run --executor ray \
  --processes "$((SLURM_JOB_NUM_NODES * SLURM_CPUS_PER_TASK))"

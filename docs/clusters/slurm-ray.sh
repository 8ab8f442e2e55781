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
# whoever reaches a Ray without a token runs code as you
RAY_AUTH_TOKEN=${RAY_AUTH_TOKEN:-$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')}
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN
mapfile -t machines < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
address="${machines[0]}:${RAY_PORT:-6379}"
# RAY_ADDRESS is for our command only: without it, it would start a Ray of its own on the first node
srun --nodes="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 \
  ray symmetric-run --address "$address" --min-nodes "$SLURM_JOB_NUM_NODES" \
  --num-cpus="$SLURM_CPUS_PER_TASK" -- \
  env RAY_ADDRESS="$address" scramblebench-experiment run --executor ray \
  --processes "$((SLURM_JOB_NUM_NODES * SLURM_CPUS_PER_TASK))"

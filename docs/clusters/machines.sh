#!/bin/bash
# Workers on machines that ssh reaches, as many on each as it has cores; the coordinator runs here.
#   machines.sh start lab1 lab2 lab3      scramblebench-experiment run --executor processes --processes 0
#   machines.sh status lab1 lab2 lab3     machines.sh stop lab1 lab2 lab3
# Every machine has scramblebench on its PATH (or SCRAMBLEBENCH says where) and reaches PostgreSQL.
set -euo pipefail
settings=${SCRAMBLEBENCH_SETTINGS:-$HOME/.config/scramblebench/settings.env}
program=${SCRAMBLEBENCH:-scramblebench-experiment}

# shellcheck disable=SC2016 # expanded there, not here
start='set -eu
  umask 077
  mkdir -p "$HOME/.scramblebench-workers"
  cd "$HOME/.scramblebench-workers"
  set -a
  eval "$(cat)"  # the settings come by standard input: not by a command line, not by a file
  set +a
  n=${WORKERS:-$(getconf _NPROCESSORS_ONLN)}
  for i in $(seq "$n"); do
    nohup setsid '"$program"' run --worker > "$i.log" 2>&1 < /dev/null &
    echo $! > "$i.pid"
  done
  echo "$n workers on $(hostname)"'
# shellcheck disable=SC2016
status='cd "$HOME/.scramblebench-workers" 2>/dev/null || { echo none; exit 0; }
  for file in *.pid; do
    [ -e "$file" ] || { echo none; exit 0; }
    if kill -0 "$(cat "$file")" 2>/dev/null; then echo "${file%.pid} runs"; else tail -n 1 "${file%.pid}.log"; fi
  done'
# shellcheck disable=SC2016
stop='cd "$HOME/.scramblebench-workers" 2>/dev/null || exit 0
  for file in *.pid; do kill -TERM "$(cat "$file")" 2>/dev/null || true; rm -f "$file"; done'

command=${1:?start, status or stop}
shift
for machine in "$@"; do
  # shellcheck disable=SC2029 # the name of the program is for us to say
  case $command in
    start) ssh "$machine" "$start" < "$settings" ;;
    status) echo "$machine:"; ssh -n "$machine" "$status" ;;
    stop) ssh -n "$machine" "$stop" ;;
    *) echo "start, status or stop, not $command" >&2; exit 2 ;;
  esac
done

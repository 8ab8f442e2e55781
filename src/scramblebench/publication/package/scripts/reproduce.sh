#!/bin/sh
# check    makes every prompt, score, number, table and figure again from the stored responses, and compares
# rescore  judges the stored responses by another scorer
# rerun    asks the models again, all questions or a sample, within a budget, and compares
set -eu
here=$(cd "$(dirname "$0")" && pwd)

case ${1:-} in
  check | rescore | rerun) ;;
  *)
    echo "usage: ./reproduce.sh check | rescore --scorer NAME | rerun --sample 50 --budget 2" >&2
    exit 2
    ;;
esac

for python in "${PYTHON:-}" "$here/.venv/bin/python" "${VIRTUAL_ENV:-/nowhere}/bin/python" python3; do
  if [ -n "$python" ] && "$python" -c "import scramblebench" 2>/dev/null; then
    action=$1
    shift
    exec "$python" -m scramblebench reproduce "$action" "$here" "$@"
  fi
done

cat >&2 <<WORDS
scramblebench is not installed here; it lies in the package. In this folder:
  python3 -m venv .venv
  .venv/bin/pip install -r environment/requirements.txt code/*.whl
WORDS
exit 2

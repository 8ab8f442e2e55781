#!/bin/sh
# Says whether every file is the one that was packaged. Needs a shell and sha256sum (or shasum), nothing else.
set -eu
cd "$(dirname "$0")"

sum="sha256sum"
command -v sha256sum >/dev/null 2>&1 || sum="shasum -a 256"

known="
$(cut -c 67- MANIFEST.sha256)
"
unknown=0
walk() {
  for path in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    name=${path#./}
    case $name in .venv | output | MANIFEST.sha256) continue ;; esac
    if [ -L "$path" ]; then
      echo "$name: IS A LINK"
      unknown=1
    elif [ -d "$path" ]; then
      walk "$path"
    else
      case $known in
        *"
$name
"*) ;;
        *)
          echo "$name: NOT IN THE MANIFEST"
          unknown=1
          ;;
      esac
    fi
  done
}

code=0
$sum -c MANIFEST.sha256 >.verify.$$ 2>/dev/null || code=1
while IFS= read -r line; do
  case $line in *": OK") ;; *) echo "$line" ;; esac
done <.verify.$$
rm -f .verify.$$
walk .

count=$(wc -l <MANIFEST.sha256)
if [ "$code" -eq 0 ] && [ "$unknown" -eq 0 ]; then
  echo "all $((count)) files are as they were packaged"
else
  echo "this is not the package that was made: see the files above" >&2
  exit 1
fi

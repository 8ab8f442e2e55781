"""``python -m scramblebench``: the command line."""

from scramblebench.cli import main

main()

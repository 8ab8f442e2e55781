"""Opening the door costs little: heavy libraries are loaded where they are needed only."""

import subprocess
import sys

_CHECK = """
import sys
from scramblebench.storage import open_database
database = open_database("sqlite://")
heavy = {"numpy", "sqlalchemy", "alembic", "psycopg"} & set(sys.modules)
assert not heavy, heavy
"""


def test_opening_sqlite_loads_no_heavy_library() -> None:
    shown = subprocess.run([sys.executable, "-c", _CHECK], capture_output=True, check=False)
    assert shown.returncode == 0, shown.stderr.decode()

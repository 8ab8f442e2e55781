"""Who acts, where nobody says a name."""

import os


def user_name() -> str:
    """Return the name of the one who started this program; "user" where it has none."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or "user"

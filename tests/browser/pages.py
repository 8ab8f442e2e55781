"""The nine pages, by name."""

from collections.abc import Mapping

PAGES: Mapping[str, str] = {
    "experiments": "/",
    "experiment": "/experiments/{study}",
    "ladder": "/experiments/{study}/ladder?right=0&wrong=4",
    "responses": "/experiments/{study}/responses",
    "statistics": "/experiments/{study}/statistics",
    "compare": "/compare?a={study}",
    "queue": "/queue",
    "alerts": "/alerts",
    "system": "/system",
}
"""Addresses by page; ``{study}`` stands for the id of a finished and analysed experiment."""

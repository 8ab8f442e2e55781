"""Package folders with data, a figure, code and a configuration, to be described."""

import json
from pathlib import Path
from typing import Any

from scramblebench.publication.exports import export_data
from scramblebench.publication.metadata import describe_files, write_metadata
from scramblebench.publication.source import Publication

_OTHERS = {
    "README.md": "# A package\n",
    "verify.sh": "#!/bin/sh\n",
    "config/experiment.yaml": "experiment_name: study\n",
    "paper/figures/dose response.svg": "<svg/>\n",
    "logs/events.jsonl": "{}\n",
}


def fill(publication: Publication, folder: Path) -> None:
    """Write what metadata describe: responses and questions in two formats, and five small files."""
    export_data(
        publication,
        folder / "data",
        ("csv", "parquet"),
        tables=("questions", "responses"),
        is_compressed=True,
    )
    for name, text in _OTHERS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def describe(publication: Publication, folder: Path) -> list[Path]:
    """Write the metadata of a folder; return their paths."""
    found = [path for path in folder.rglob("*") if path.is_file()]
    return write_metadata(publication, folder, describe_files(folder, found))


def read_json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))

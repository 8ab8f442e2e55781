"""What the files of a package are, from where they lie and how their names end."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from scramblebench.publication.exports.parts import TABLES
from scramblebench.publication.metadata.files import FileRole, PackagedFile

_OTHER = "application/octet-stream"
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".diff": "text/x-diff",
    ".gz": "application/gzip",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".sh": "application/x-sh",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".toml": "application/toml",
    ".txt": "text/plain",
    ".whl": "application/zip",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
    ".zip": "application/zip",
}
_ROLES = (
    ("paper/figures/", FileRole.FIGURE),
    ("paper/tables/", FileRole.TABLE),
    ("paper/", FileRole.TEXT),
    ("data/", FileRole.DATA),
    ("results/", FileRole.RESULT),
    ("config/", FileRole.CONFIG),
    ("environment/", FileRole.ENVIRONMENT),
    ("code/", FileRole.CODE),
    ("cost/", FileRole.LOG),
    ("logs/", FileRole.LOG),
)
_WHAT = {
    FileRole.DATA: "Data of the experiment: {}.",
    FileRole.RESULT: "Results of the analysis: {}.",
    FileRole.FIGURE: "The figure {}.",
    FileRole.TABLE: "The table {} of the paper.",
    FileRole.TEXT: "A part of the paper or a text about the package: {}.",
    FileRole.CODE: "The program that checks the package and makes it again: {}.",
    FileRole.CONFIG: "How the experiment was configured: {}.",
    FileRole.ENVIRONMENT: "Where it ran and with which versions: {}.",
    FileRole.LOG: "What happened, and what it cost: {}.",
}
_ENDINGS = ((".alt.txt", "The figure {} in words."), (".csv", "The numbers of the figure {}."))
_KNOWN = {
    "README.md": "What is where, and how to check it.",
    "verify.sh": "Checks that no file has changed, with coreutils only.",
    "reproduce.sh": "Makes every number, table and figure again and compares.",
    "data/data_dictionary.csv": "Every column of every table: type, unit, what an empty cell means.",
    "config/experiment.yaml": "The configuration as it was given.",
    "config/resolved.yaml": "The configuration with every default filled in.",
    "cost/ledger.csv": "What each model's responses cost, as far as it is known.",
    "logs/events.jsonl.gz": "Every change of the experiment's state, with its time.",
    "paper/all_tables.tex": "All tables in one document that compiles alone.",
    "paper/macros.tex": "Numbers for running text, as LaTeX commands.",
    "results/results.json": "Every number of the publication by its id.",
}


def describe_files(folder: Path, paths: Iterable[Path]) -> list[PackagedFile]:
    """Return what is in a package's folder; ``paths`` lie in it and are read for their hashes."""
    names = (path.relative_to(folder).as_posix() for path in paths)
    return [
        PackagedFile.of(folder, name, media_type(name), _sentence(name), role(name))
        for name in sorted(names)
    ]


def media_type(path: str) -> str:
    """Return the media type that a name stands for; compressed files are what unpacks them."""
    return _MEDIA_TYPES.get(PurePosixPath(path).suffix.lower(), _OTHER)


def role(path: str) -> FileRole:
    """Return what a file of a package is for."""
    for beginning, found in _ROLES:
        if path.startswith(beginning):
            return found
    return FileRole.CODE if path.endswith((".sh", ".py")) else FileRole.TEXT


def _sentence(path: str) -> str:
    name, what = PurePosixPath(path).name, role(path)
    table = name.partition(".")[0]
    if path in _KNOWN:
        return _KNOWN[path]
    if what is FileRole.DATA and table in TABLES:
        return f"A row is {TABLES[table].one_row}."
    if what is FileRole.FIGURE:
        for ending, words in _ENDINGS:
            if name.endswith(ending):
                return words.format(_words(name.removesuffix(ending)))
    return _WHAT[what].format(_words(PurePosixPath(name).stem))


def _words(name: str) -> str:
    return name.replace("_", " ")

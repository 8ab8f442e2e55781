"""The package's README: what it is, how it is checked, where everything lies."""

from scramblebench.publication.metadata.markdown import escape
from scramblebench.publication.numbers import count, percent
from scramblebench.publication.source import Publication

_CHECKS = """
## Check it

```
./verify.sh               every file is the one that was packaged (needs sha256sum, nothing else)
./reproduce.sh check      every prompt, score, number, table and figure is made again from the stored responses, and compared
./reproduce.sh rescore    the stored responses judged by another scorer
./reproduce.sh rerun      the models asked again, all questions or a sample, within a budget
```

`reproduce.sh` needs Python 3.11 or newer with what is in this package; neither a key nor the database of the
experiment is needed for `check`:

```
python3 -m venv .venv
.venv/bin/pip install -r environment/requirements.txt code/*.whl
```

What stands behind a number: `.venv/bin/scramblebench trace ID --package .`, with an id of `results/results.json`.
"""
_NO_DATA = """
This package holds no questions and no responses: `./verify.sh` works, `./reproduce.sh` does not.
"""
_CONTENTS = """
## Where things lie

| Folder | |
|---|---|
| `paper/` | tables, figures and texts that go into LaTeX as they are; `all_tables.tex` compiles alone |
| `results/` | `results.json` has every number under its id; `statistics.json` the whole analysis; `results.xlsx` |
| `data/` | questions, scrambled questions, responses, scores, missing trials, and what every column means |
| `config/` | the configuration as given and as resolved, all seeds, the preregistration where there is one |
| `models/` | a card for each model: who served it, decoding, counts |
| `environment/`, `code/` | versions, the machines that ran, the program itself |
| `cost/`, `logs/` | tokens and money by model, prices, the history of the experiment |
"""


def readme(publication: Publication, *, has_data: bool) -> str:
    """Return the text, Markdown."""
    record, report = publication.record, publication.report
    lines = [f"# {escape(publication.title)}", ""]
    if publication.shown_authors:
        lines += [", ".join(escape(author.name) for author in publication.shown_authors), ""]
    if publication.abstract:
        lines += [publication.abstract.strip(), ""]
    if publication.has_simulated:
        lines += ["**Simulated models: the numbers are a dry run, not measurements.**", ""]
    lines += [
        f"{count(record.n_answered)} of {count(record.n_trials)} planned responses of "
        f"{_several(len(publication.models), 'model')} to "
        f"{_several(len(publication.plan.questions), 'question')}, "
        f"experiment `{record.id}`, until {publication.stamp:%Y-%m-%d}; "
        f"scramblebench {report.versions['scramblebench']}. Confidence level "
        f"{percent(report.options.confidence_level, 0)} %.",
        _CHECKS if has_data else _NO_DATA,
        _CONTENTS.strip(),
        "",
        "Licences: `LICENSE` (program and configuration), `LICENSE-data`; citation: `CITATION.cff`.",
    ]
    return "\n".join(lines) + "\n"


def _several(n: int, what: str) -> str:
    return f"{count(n)} {what}{'s' * (n != 1)}"

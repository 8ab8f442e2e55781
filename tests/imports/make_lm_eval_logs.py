"""Makes the lm-evaluation-harness logs under data/, with the harness itself and a scripted model.

::

    python -m venv /tmp/lme && /tmp/lme/bin/pip install lm_eval==0.4.13
    /tmp/lme/bin/python tests/imports/make_lm_eval_logs.py tests/imports/data
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

import lm_eval
from lm_eval.api.model import LM
from lm_eval.loggers import EvaluationTracker
from lm_eval.tasks import TaskManager

SUMS = [(2, 3), (4, 5), (7, 8), (6, 9)]
GENERATING = """\
task: sums{suffix}
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: generate_until
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_target: "{{{{answer}}}}"
generation_kwargs: {{until: ["Question:"], do_sample: false}}
metric_list:
  - {{metric: exact_match, aggregation: mean, higher_is_better: true}}
filter_list:
  - name: strict
    filter:
      - {{function: regex, regex_pattern: "The sum is (-?[0-9]+)"}}
      - {{function: take_first}}
  - name: flexible
    filter:
      - {{function: regex, group_select: -1, regex_pattern: "(-?[0-9]+)"}}
      - {{function: take_first}}
metadata: {{version: 1.0}}
"""
CHOOSING = """\
task: colours
dataset_path: json
dataset_kwargs: {{data_files: {{test: {file}}}}}
test_split: test
output_type: multiple_choice
doc_to_text: "Question: {{{{question}}}}\\nAnswer:"
doc_to_target: label
doc_to_choice: "{{{{choices}}}}"
metric_list:
  - {{metric: acc, aggregation: mean, higher_is_better: true}}
  - {{metric: acc_norm, aggregation: mean, higher_is_better: true}}
metadata: {{version: 1.0}}
"""


class Scripted(LM):
    """Adds, prefers green, and loses its way where the words are scrambled."""

    def generate_until(self, requests, disable_tqdm=False):
        """Answer the sums."""
        return [self._answer(request.args[0]) for request in requests]

    def _answer(self, text):
        a, b = map(int, re.findall(r"\d+", text)[:2])
        if "Waht" not in text:
            return f" The sum is {a + b}"
        return f" Maybe {a + b}" if a + b < 12 else " I cannot tell."

    def loglikelihood(self, requests, disable_tqdm=False):
        """Prefer green; blue over red."""
        order = {" red": -9.5, " green": -1.25, " blue": -3.0}
        return [(order[request.args[1]], request.args[1] == " green") for request in requests]

    def loglikelihood_rolling(self, requests, disable_tqdm=False):
        raise AssertionError("no task asks for the likelihood of a whole text")


def write_lines(path, rows):
    """Write JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def make_tasks(folder):
    """Write the questions and the tasks that ask them."""
    texts = {"": "What is {} plus {}?", "_50": "Waht si {} lpus {}?"}
    for suffix, text in texts.items():
        rows = [
            {"id": f"sum-{a}-{b}", "question": text.format(a, b), "answer": str(a + b)}
            for a, b in SUMS
        ]
        file = folder / f"sums{suffix}.jsonl"
        write_lines(file, rows)
        (folder / f"sums{suffix}.yaml").write_text(GENERATING.format(suffix=suffix, file=file))
    rows = [
        {"question": f"Which colour has a {what}?", "choices": ["red", "green", "blue"], "label": n}
        for what, n in (("leaf", 1), ("sky", 2), ("lawn", 1))
    ]
    write_lines(folder / "colours.jsonl", rows)
    (folder / "colours.yaml").write_text(CHOOSING.format(file=folder / "colours.jsonl"))


def without_places(value, folder):
    """Return a value without machine paths."""
    text = json.dumps(value, ensure_ascii=False).replace(str(folder), "PATH")
    return json.loads(text)


_KEPT = (
    "results", "configs", "versions", "n-shot", "higher_is_better", "n-samples", "config",
    "model_source", "model_name", "model_name_sanitized", "lm_eval_version", "date",
)  # fmt: skip


def main(target):
    """Write results_*.json and samples_*.jsonl."""
    folder = Path(tempfile.mkdtemp())
    make_tasks(folder)
    tracker = EvaluationTracker(output_path=str(folder / "out"))
    tracker.general_config_tracker.log_experiment_args(
        model_source="scripted", model_args="pretrained=example/scripted-1b",
        system_instruction=None, chat_template="", fewshot_as_multiturn=False,
    )  # fmt: skip
    names = ["sums", "sums_50", "colours"]
    found = lm_eval.simple_evaluate(
        model=Scripted(),
        tasks=names,
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=0,
    )
    samples = found.pop("samples")
    tracker.save_results_aggregated(results=found, samples=samples)
    for name in names:
        tracker.save_results_samples(task_name=name, samples=samples[name])
    for path in sorted((folder / "out").rglob("*.json*")):
        to = target / path.name
        if path.suffix == ".json":
            results = without_places(json.loads(path.read_text()), folder)
            kept = {key: value for key, value in results.items() if key in _KEPT}
            to.write_text(json.dumps(kept, indent=2) + "\n")
        else:
            lines = path.read_text("utf-8").splitlines()
            write_lines(to, [without_places(json.loads(line), folder) for line in lines])
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Makes the Inspect AI logs under data/, with Inspect AI itself and its mock model.

::

    python -m venv /tmp/inspect && /tmp/inspect/bin/pip install inspect_ai==0.3.285
    /tmp/inspect/bin/python tests/imports/make_inspect_logs.py tests/imports/data
"""

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from inspect_ai import Task, eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import GenerateConfig, ModelOutput, ModelUsage, get_model
from inspect_ai.scorer import choice, includes, match
from inspect_ai.solver import generate, multiple_choice, solver, system_message

SUMS = [(2, 3), (4, 5), (7, 8), (6, 9)]
SHUFFLED = {"What is": "Waht si", "plus": "lpus"}


def shuffled(text):
    """Return a text as letter_shuffle at level 50 might leave it."""
    for word, other in SHUFFLED.items():
        text = text.replace(word, other)
    return text


def answer_sum(messages, tools, tool_choice, config):
    """Answer with the sum; wrong where the text is scrambled and the sum is above 12."""
    del tools, tool_choice, config
    text = messages[-1].text
    a, b = map(int, re.findall(r"\d+", text)[:2])
    total = a + b + (1 if "Waht" in text and a + b > 12 else 0)
    reason = "max_tokens" if total == 9 else "stop"
    words = "I cannot tell." if total == 16 else f"The sum is\n{total}"
    return with_usage(ModelOutput.from_content("mockllm/sums", words, stop_reason=reason))


def with_usage(output):
    """Return an output with token counts, which the mock model would ask the network for."""
    output.usage = ModelUsage(input_tokens=12, output_tokens=5, total_tokens=17)
    return output


def answer_choice(messages, tools, tool_choice, config):
    """Answer every question with B."""
    del messages, tools, tool_choice, config
    return with_usage(ModelOutput.from_content("mockllm/b", "ANSWER: B"))


@solver
def fail_on_last():
    """Fail on the last question, as a provider may."""

    async def solve(state, generate):
        del generate
        if "6 plus 9" in state.input_text:
            raise RuntimeError("the provider is down")
        return state

    return solve


def sums():
    """Sums, original and scrambled, the level in the metadata; asked twice."""
    samples = []
    for a, b in SUMS:
        text = f"What is {a} plus {b}?"
        meta = {"item": f"sum-{a}-{b}", "level": 0}
        samples.append(Sample(input=text, target=str(a + b), id=f"{a}+{b}", metadata=meta))
        meta = {"item": f"sum-{a}-{b}", "level": 50, "method": "letter_shuffle"}
        samples.append(
            Sample(input=shuffled(text), target=str(a + b), id=f"{a}+{b}@50", metadata=meta)
        )
    return Task(
        name="sums",
        dataset=MemoryDataset(samples, name="sums"),
        solver=[system_message("Answer with a number."), fail_on_last(), generate()],
        scorer=[match(location="end", numeric=True), includes()],
        epochs=2,
    )


def colours():
    """Multiple choice; the log knows no level."""
    samples = [
        Sample(
            input=f"Which colour has a {what}?",
            choices=["red", "green", "blue"],
            target=target,
            id=number,
        )
        for number, (what, target) in enumerate([("leaf", "B"), ("sky", "C"), ("lawn", "B")], 1)
    ]
    return Task(
        name="colours",
        dataset=MemoryDataset(samples, name="colours"),
        solver=multiple_choice(),
        scorer=choice(),
    )


def without_places(value):
    """Return a log without machine paths, hosts, git revisions and the events, which are long."""
    if isinstance(value, dict):
        value = {**value, **{k: type(value[k])() for k in ("events", "events_data") if k in value}}
        kept = {k: without_places(v) for k, v in value.items() if k not in ("revision", "location")}
        for key in ("task_file", "cwd", "traceback", "traceback_ansi", "filename"):
            if kept.get(key):
                kept[key] = ""
        return kept
    if isinstance(value, list):
        return [without_places(v) for v in value]
    if isinstance(value, str):
        return re.sub(r"(?:/[\w.+-]+){2,}(?=[\s\"',:]|$)", "PATH", value)
    return value


def write_clean_json(source, target):
    """Copy a .json log without what tells the machine."""
    log = without_places(json.loads(Path(source).read_text("utf-8")))
    target.write_text(json.dumps(log, indent=2) + "\n", "utf-8")


def write_clean_eval(source, target):
    """Copy an .eval log member by member, compressed as Inspect AI compresses, without places."""
    import zipfile

    import inspect_ai._util.zipfile  # noqa: F401 - teaches zipfile Zstandard

    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for info in old.infolist():
            content = without_places(json.loads(old.read(info)))
            member = zipfile.ZipInfo(info.filename, (2025, 1, 1, 0, 0, 0))
            member.compress_type = info.compress_type
            new.writestr(member, json.dumps(content, indent=2))


def main(folder):
    """Write sums.eval, sums.json and colours.json."""
    config = GenerateConfig(temperature=0.0, max_tokens=20)
    asked = get_model("mockllm/sums", config=config, custom_outputs=answer_sum, memoize=False)
    lettered = get_model("mockllm/b", config=config, custom_outputs=answer_choice, memoize=False)
    scratch = Path(tempfile.mkdtemp())
    common = {"fail_on_error": False, "display": "none", "log_buffer": 1}
    for kind in ("eval", "json"):
        (log,) = eval(sums(), asked, log_dir=str(scratch), log_format=kind, **common)
        copy = write_clean_eval if kind == "eval" else write_clean_json
        copy(log.location, folder / f"sums.{kind}")
    (log,) = eval(colours(), lettered, log_dir=str(scratch), log_format="json", **common)
    write_clean_json(log.location, folder / "colours.json")
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

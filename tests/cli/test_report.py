"""analyze: every option, JSON without NaN, files with the same bytes, and nothing cut in a narrow terminal."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from scramblebench.analysis.results import cube_of_rows
from scramblebench.cli import output, report
from scramblebench.cli.app import run_command_line
from scramblebench.experiment_tracking import StatisticalAnalyzer
from scramblebench.storage import open_database
from tests.experiment_tracking import studies

Run = Callable[..., str]
METHODS = ["character", "letter_noise"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with a planned study, a wide one of two benchmarks and methods, and a whole one."""
    folder = tmp_path_factory.mktemp("study")
    database = studies.new_database(folder)
    studies.planned(database, studies.config())
    wide = studies.config(
        experiment_name="wide",
        benchmarks={name: {"generated": {"per_domain": n}} for name, n in (("b", 8), ("c", 6))},
        scrambling={"levels": list(studies.LEVELS), "methods": METHODS, "random_seed": 1},
        statistical_analysis={"n_resamples": 999, "threshold_analysis": False},
    )
    studies.run(database, {**wide, "models": wide["models"][:2]})
    studies.run(database, studies.config())
    database.close()
    return f"sqlite:///{folder}/study.db"


@pytest.fixture
def analyze(url: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run analyze on the study; return what it printed."""

    def run(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run_command_line(["analyze", *words, "--database-url", url]) == code
        said = capsys.readouterr()
        return said.out if code == 0 else said.err

    return run


def no_constants(word: str) -> Any:
    raise AssertionError(f"{word} in JSON")


def values_of(analyze: Run, *words: str) -> dict[str, Any]:
    return json.loads(analyze(*words, "--json"), parse_constant=no_constants)


def test_json_holds_the_report_without_nan(analyze: Run, url: str):
    values = values_of(analyze, "study")
    assert values["status"] == "completed"
    assert len(values["accuracy"]) == 3 * 4
    assert len(values["dependency"]) == 3
    database = open_database(url)
    found = StatisticalAnalyzer(database).cube("study")
    assert values["inputs_sha256"] == found.inputs_sha256
    assert values["accuracy"][0]["accuracy"] == pytest.approx(found.scores[0, :, 0].mean())
    database.close()


def test_an_experiment_without_answers_is_analysed_all_the_same(analyze: Run):
    values = json.loads(analyze("planned", "--json"), parse_constant=no_constants)
    assert values["accuracy"][0]["accuracy"] is None
    assert values["accuracy"][0]["n_missing"] == 60
    assert "720 planned trials have no response" in values["cautions"][1]
    assert "nothing was answered" in analyze("planned")


@pytest.mark.parametrize(
    ("words", "key", "wanted"),
    [
        (["--correction", "bonferroni"], "correction", "bonferroni"),
        (["--correction", "fdr"], "correction", "bh"),
        (["--correction", "fdr_by"], "correction", "by"),
        (["--correction", "max_t"], "correction", "max_t"),
        (["--correction", "none"], "correction", "none"),
        (["--family", "experiment"], "is_family_whole", True),
        (["--family", "model"], "is_family_whole", False),
        (["--exact"], "is_exact", True),
        (["--floor", "letter_noise"], "floor_method", "letter_noise"),
        (["--control", "c"], "control_benchmark", "c"),
    ],
)
def test_each_option_takes_effect(analyze: Run, words: list[str], key: str, wanted: object):
    values = values_of(analyze, "wide", *words)
    assert values["options"][key] == wanted
    levels = [row for row in values["comparisons"] if row["kind"] == "level"]
    if key == "correction":
        assert {row["correction"] for row in levels} == {wanted}
    if key == "is_family_whole":
        assert {row["family_size"] for row in levels} == {24 if wanted else 3}
    if key == "is_exact":
        assert any("exact" in row["test"] for row in levels)
    if key in ("floor_method", "control_benchmark"):
        assert {row["control"] for row in values["contrasts"]} == {wanted}
        assert len(values["contrasts"]) == 2 * 2 * 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--correction", "tukey"], "--correction: 'tukey' is none of bonferroni, holm"),
        (["--family", "all"], "--family: 'all' is neither model nor experiment"),
        (
            ["--floor", "x"],
            "there is no method 'x'; there are character_substitution, letter_noise",
        ),
        (["--control", "x"], "there is no benchmark 'x'; there are b, c"),
    ],
)
def test_what_is_not_there_is_refused_in_one_line(analyze: Run, words: list[str], said: str):
    message = analyze("wide", *words, code=2)
    assert said in message
    assert message.count("\n") == 1


def test_the_report_has_its_parts(analyze: Run):
    text = analyze("wide", "--full", "--floor", "letter_noise", "--control", "c")
    text += analyze("study")
    for part in (
        "llama3:8b (simulated) · b · character_substitution",
        "b · letter_noise · dependency: 0 none, 1 all above chance",
        "b · character_substitution · thresholds in percent of scrambling",
        "levels minus baseline, in points (McNemar, mid-p; adjusted: holm of 3)",
        "dependency of models, first minus second",
        "models over all levels, first minus second, in points",
        "models at single levels, first minus second, in points",
        "drop beyond the drop on c, in points",
        "relative performance gain above letter_noise",
        "in words",
        "cautions",
        "simulated models are a dry run",
    ):
        assert part in text, part
    assert "nan" not in text.lower()


def test_long_tables_are_cut_and_say_so_and_full_is_whole(analyze: Run):
    short, full = analyze("wide"), analyze("wide", "--full")
    # 5 domains, 2 benchmarks, 2 models, 2 methods, 4 levels
    assert "... and 120 more rows: --full, --json or --output-dir" in short
    assert re.search(r"comparisons of models at single levels: --full or --json", short)
    assert "... and" not in full
    assert len(full.splitlines()) > len(short.splitlines()) + 120


def at_width(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    def console(*, to_stderr: bool = False) -> Console:
        return Console(stderr=to_stderr, width=width, highlight=False, markup=False)

    monkeypatch.setattr(output, "console", console)
    monkeypatch.setattr(report, "console", console)


def table_cells(text: str) -> list[str]:
    """Return the numbers and intervals of the tables, in order."""
    return re.findall(r"\[[^\]]+\]|[-+]?\d+\.\d+|<0\.001|\d+/\d+", text.partition("in words")[0])


def test_a_narrow_terminal_cuts_nothing(analyze: Run, monkeypatch: pytest.MonkeyPatch):
    at_width(monkeypatch, 300)
    words = ("--full", "--floor", "letter_noise", "--control", "c")
    wide = analyze("wide", *words)
    for width in (40, 80, 100):
        at_width(monkeypatch, width)
        narrow = analyze("wide", *words)
        assert "…" not in narrow
        assert table_cells(narrow) == table_cells(wide)
        assert narrow.partition("in words")[2] == wide.partition("in words")[2]


def test_80_columns_hold_the_tables_of_a_study(analyze: Run, monkeypatch: pytest.MonkeyPatch):
    at_width(monkeypatch, 80)
    text = analyze("study")
    start = text.index("b · character_substitution · levels minus baseline")
    lines = text[start : text.index("in words")].splitlines()
    assert max(len(line) for line in lines if not line.startswith(("b ·", "c ·"))) <= 80
    assert all("gemma3:7b" in line or "GPT" in line or "llama3:8b" in line
               for line in lines if "<0.001" in line)  # fmt: skip


def test_the_same_bytes_on_a_second_run(analyze: Run, tmp_path: Path):
    for name in ("one", "two"):
        analyze("study", "-o", str(tmp_path / name), "--include-plots", "--include-raw-data")
    for name in ("statistics.json", "responses.jsonl"):
        one, two = (tmp_path / folder / name for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name
    values = json.loads(
        (tmp_path / "one/statistics.json").read_text("utf-8"), parse_constant=no_constants
    )
    assert "experiment_id" not in values
    for name in ("accuracy.png", "dependency.png"):
        assert (tmp_path / "one" / name).read_bytes().startswith(b"\x89PNG")


def test_the_file_holds_what_json_prints(analyze: Run, tmp_path: Path):
    analyze("study", "--output-dir", str(tmp_path), "--correction", "max_t")
    written = json.loads((tmp_path / "statistics.json").read_text("utf-8"))
    printed = values_of(analyze, "study", "--correction", "max_t")
    assert {key: printed[key] for key in written} == written
    assert not (tmp_path / "accuracy.png").exists()
    assert not (tmp_path / "responses.jsonl").exists()


def test_raw_data_gives_the_same_scores_again(analyze: Run, url: str, tmp_path: Path):
    analyze("study", "-o", str(tmp_path), "--include-raw-data")
    lines = (tmp_path / "responses.jsonl").read_text("utf-8").splitlines()
    again = cube_of_rows(map(json.loads, lines))
    database = open_database(url)
    cube = StatisticalAnalyzer(database).cube("study")
    database.close()
    order = [again.items.ids.index(question) for question in cube.items.ids]
    places = [
        next(i for i, c in enumerate(again.conditions)
             if (c.method, c.level_pct) == (wanted.method, wanted.level_pct))
        for wanted in cube.conditions
    ]  # fmt: skip
    models = [again.models.index(model) for model in cube.models]
    assert (again.scores[models][:, order][:, :, places] == cube.scores).all()
    assert (again.n_no_answer[models][:, order][:, :, places] == cube.n_no_answer).all()
    assert (again.items.guess_rate[order] == cube.items.guess_rate).all()
    assert len(set(again.items.cluster.tolist())) == len(set(cube.items.cluster.tolist()))
    assert again.simulated == (True, True, True)


def test_plots_without_a_folder_go_to_one_of_the_experiment(
    analyze: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    analyze("study", "--include-plots")
    (folder,) = tmp_path.iterdir()
    assert re.fullmatch("analysis_[0-9a-f]{8}", folder.name)
    assert sorted(path.name for path in folder.iterdir()) == [
        "accuracy.png", "dependency.png", "statistics.json",
    ]  # fmt: skip


def test_what_is_printed_is_stored(analyze: Run, url: str):
    printed = values_of(analyze, "study")
    database = open_database(url)
    record = database.experiments.find("study")
    (stored,) = [
        r for r in database.analyses.analyses(record.id, "dependency") if r.seed == printed["seed"]
    ]
    assert json.loads(stored.result_json)["rows"] == printed["dependency"]
    database.close()

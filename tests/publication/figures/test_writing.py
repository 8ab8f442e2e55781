"""The files of figures: complete, the same bytes everywhere, readable in print, nothing on top of other things."""

import csv
import hashlib
import os
import pickle
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from scramblebench.core.errors import MissingDependency, UsageError
from scramblebench.core.states import ExperimentState
from scramblebench.publication import write_figures
from scramblebench.publication.exports.escapes import unescaped, unguarded
from scramblebench.publication.figures import Standing, writing
from scramblebench.publication.figures.drawings import Drawing, save
from scramblebench.publication.figures.flips import flip_heatmap
from scramblebench.publication.figures.style import styled
from scramblebench.publication.source import Publication
from tests.analysis.cubes import conditions, make
from tests.publication.figures.cases import HOSTILE, many, published, scores, several

NAMES = ("dose_response", "dependency_forest", "flip_heatmap", "cost_latency")
SUFFIXES = ("pdf", "svg", "png", "csv", "alt.txt")
LEVELS = (0, 25, 50, 75, 100)


def hostile(base: Publication, n_models: int) -> Publication:
    cube = make(scores(n_models, 40, LEVELS, missing=0.2), guess_rate=0.25)
    cube = replace(cube, models=HOSTILE[:n_models], simulated=(True,) * n_models)
    return published(
        base,
        cube,
        names=HOSTILE[:n_models],
        benchmarks=(r"$\frac{bench_1$ " + "long " * 30,),
        is_simulated=True,
        state=ExperimentState.RUNNING,
    )


CASES = {
    "own": lambda base: base,
    "five hostile": lambda base: hostile(base, 5),
    "eight hostile": lambda base: hostile(base, 8),
    "several": lambda base: published(base, several(("word_shuffle", "m" * 70))),
    "many": lambda base: published(base, many(13)),
    "two levels": lambda base: published(base, make(scores(2, 12, (0, 100)))),
}


@pytest.fixture(scope="module")
def written(base: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figures of the study, without its authors' names."""
    folder = tmp_path_factory.mktemp("figures")
    write_figures(replace(base, is_anonymous=True), folder)
    return folder


@pytest.fixture(scope="module")
def awkward(base: Publication, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The figures of models with hostile names."""
    folder = tmp_path_factory.mktemp("awkward")
    write_figures(hostile(base, 5), folder)
    return folder


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Drawing]:
    """The drawings that were made, in order, instead of their files."""
    found: list[Drawing] = []

    def remember(drawing: Drawing, _folder: Path, _stamp: Any) -> list[Path]:
        found.append(drawing)
        return []

    monkeypatch.setattr(writing, "save", remember)
    return found


def texts_of(figure: Any) -> Iterator[Any]:
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        if text.get_text().strip() and text.get_visible():
            yield text


def test_all_files_are_written(written: Path):
    wanted = [f"{name}.{suffix}" for name in NAMES for suffix in SUFFIXES]
    assert {path.name for path in written.iterdir()} == set(wanted)
    assert all(path.stat().st_size > 100 for path in written.iterdir())
    for name in NAMES:
        alt = (written / f"{name}.alt.txt").read_text("utf-8")
        assert "no measurements" in alt
        assert re.search(r"\d", alt)
        assert 100 < len(alt) < 2_000
        table = (written / f"{name}.csv").read_bytes()
        assert b"nan" not in table
        assert len({len(row) for row in csv.reader(StringIO(table.decode("utf-8")))}) == 1


@pytest.mark.parametrize(
    ("case", "width"),
    [
        ("own", 5.5),
        ("five hostile", 3.25),
        ("eight hostile", 5.5),
        ("several", 3.25),
        ("several", 6.75),
        ("many", 3.25),
        ("many", 6.75),
        ("two levels", 5.5),
    ],
)
def test_nothing_overlaps_and_nothing_is_cut_off(
    base: Publication, tmp_path: Path, kept: list[Drawing], case: str, width: float
):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    write_figures(CASES[case](base), tmp_path, width_in=width)
    with styled():
        for drawing in kept:
            figure = drawing.figure
            FigureCanvasAgg(figure).draw()
            boxes = [(t.get_text(), t.get_window_extent()) for t in texts_of(figure)]
            room = figure.bbox
            for text, box in boxes:
                assert box.x0 >= -1, (drawing.name, text)
                assert box.y0 >= -1, (drawing.name, text)
                assert box.x1 <= room.x1 + 1, (drawing.name, text)
                assert box.y1 <= room.y1 + 1, (drawing.name, text)
            for (one, a), (two, b) in combinations(boxes, 2):
                apart = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
                assert min(apart) <= 1, (drawing.name, one, two)
            legends = [legend.get_window_extent() for legend in figure.legends]
            for axis in figure.axes:
                assert not any(axis.get_window_extent().overlaps(box) for box in legends)


def test_every_text_has_eight_points_and_no_math(
    base: Publication, tmp_path: Path, kept: list[Drawing]
):
    write_figures(hostile(base, 8), tmp_path)
    for drawing in kept:
        for text in texts_of(drawing.figure):
            assert text.get_fontsize() >= 8
            assert not text.get_parse_math()
        assert drawing.figure.get_figwidth() == 5.5
    drawn = " ".join(t.get_text() for t in texts_of(kept[0].figure))
    assert r"$\input{x}$" in drawn
    assert "a_b_^{2}" in drawn


def test_hostile_names_come_back_from_the_tables(awkward: Path):
    for name, column in (("dose_response", 0), ("dependency_forest", 2), ("cost_latency", 0)):
        text = (awkward / f"{name}.csv").read_bytes().decode("utf-8")
        rows = list(csv.reader(StringIO(text, newline="")))[1:]
        found = {unescaped(unguarded(row[column])).removesuffix(" (simulated)") for row in rows}
        assert found == set(HOSTILE[:5])
        assert not any(cell.startswith(("=", "@")) for row in rows for cell in row)


_BUILD = """
import pickle, sys
from pathlib import Path
from scramblebench.publication import write_figures
publication = pickle.loads(Path(sys.argv[1]).read_bytes())
write_figures(publication, Path(sys.argv[2]), width_in=3.25)
assert "matplotlib.pyplot" not in sys.modules
"""


def without_database(publication: Publication) -> Publication:
    """Return a publication that can be pickled: figures read neither the plan nor responses."""
    return replace(publication, plan=None, responses=tuple)  # pyright: ignore


def test_the_same_bytes_from_two_processes(base: Publication, tmp_path: Path):
    stored = tmp_path / "publication"
    stored.write_bytes(pickle.dumps(without_database(hostile(base, 5))))
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "matplotlibrc").write_text("font.size: 20\ntext.usetex: True\nsvg.fonttype: none\n")
    surroundings: list[dict[str, str]] = [
        {"PYTHONHASHSEED": "1", "TZ": "UTC"},
        {
            "PYTHONHASHSEED": "2",
            "TZ": "Asia/Tokyo",
            "SOURCE_DATE_EPOCH": "1",
            "MPLCONFIGDIR": str(settings),
            "MATPLOTLIBRC": str(settings),
        },
    ]
    runs: list[subprocess.Popen[bytes]] = []
    for number, extra in enumerate(surroundings):
        command = [sys.executable, "-c", _BUILD, str(stored), str(tmp_path / f"run{number}")]
        runs.append(subprocess.Popen(command, env={**os.environ, **extra}))
    assert [run.wait(120) for run in runs] == [0, 0]
    hashes = [
        {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((tmp_path / f"run{number}").iterdir())
        }
        for number in range(2)
    ]
    assert len(hashes[0]) == len(NAMES) * len(SUFFIXES)
    assert hashes[0] == hashes[1]


def test_the_only_date_is_the_stamp(base: Publication, written: Path):
    stamp = base.stamp
    for name in NAMES:
        pdf = (written / f"{name}.pdf").read_bytes()
        assert re.findall(rb"/CreationDate \(D:(\d{14})", pdf) == [f"{stamp:%Y%m%d%H%M%S}".encode()]
        assert b"Matplotlib" not in pdf
        root = ET.fromstring((written / f"{name}.svg").read_text("utf-8"))
        dates = [e.text for e in root.iter() if e.tag.endswith("}date")]
        assert dates == [stamp.isoformat()]
        assert any(e.tag.endswith("}title") and e.text for e in root.iter())
        alt = (written / f"{name}.alt.txt").read_text("utf-8").strip()
        assert [e.text for e in root.iter() if e.tag.endswith("}description")] == [alt]
        assert not any(e.tag.endswith("}text") for e in root.iter())
        png = (written / f"{name}.png").read_bytes()
        kinds = re.findall(rb"(tEXt|iTXt|zTXt|tIME|eXIf)", png[:200])
        assert kinds == []


def test_pdfs_open_and_embed_their_fonts(awkward: Path):
    if shutil.which("pdffonts") is None:
        pytest.skip("pdffonts (poppler-utils) is not installed")
    for name in NAMES:
        done = subprocess.run(
            ["pdffonts", str(awkward / f"{name}.pdf")], capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        fonts = done.stdout.splitlines()[2:]
        assert fonts
        for line in fonts:
            assert "DejaVuSans" in line
            assert "TrueType" in line
            assert "Type 3" not in line
            assert line.split()[-5] == "yes"  # embedded


def test_many_questions_are_small_files(base: Publication, tmp_path: Path):
    levels = tuple(range(0, 101, 10))
    cube = make(scores(6, 2_000, levels), conditions(levels))
    with styled():
        drawing = flip_heatmap(cube, (), cube.items.ids, width_in=5.5, standing=Standing())
        for path in save(drawing, tmp_path, base.stamp):
            assert path.stat().st_size < 300_000, path.name


def test_a_width_that_no_page_has_is_refused(base: Publication, tmp_path: Path):
    with pytest.raises(UsageError, match=r"3\.25, 5\.5, 6\.75 in wide, not 4"):
        write_figures(base, tmp_path, width_in=4)


def test_settings_of_the_user_are_left_alone(base: Publication, tmp_path: Path, written: Path):
    import matplotlib

    with matplotlib.rc_context({"text.usetex": True, "font.size": 30, "svg.hashsalt": "mine"}):
        before = dict(matplotlib.rcParams)
        paths = write_figures(base, tmp_path)
        assert dict(matplotlib.rcParams) == before
    for path in paths:
        assert path.read_bytes() == (written / path.name).read_bytes(), path.name


def test_no_coefficients_is_no_forest(base: Publication, tmp_path: Path, kept: list[Drawing]):
    write_figures(
        replace(base, report=replace(base.report, dependency=(), thresholds=())), tmp_path
    )
    assert [drawing.name for drawing in kept] == [n for n in NAMES if n != "dependency_forest"]


def test_without_matplotlib_the_command_is_named(
    base: Publication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match=r'pip install "scramblebench\[plots\]"'):
        write_figures(base, tmp_path)


def test_anonymous_figures_name_nobody(written: Path):
    for path in written.iterdir():
        content = path.read_bytes()
        assert b"Jane" not in content
        assert b"Reading Lab" not in content
        assert str(written).encode() not in content

"""F10: a database file that was damaged is refused, or its results are right: never silently wrong."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from scramblebench.core.randomness import RandomStream
from tests.faults.children import Child
from tests.faults.matrix import SQLITE, fault
from tests.faults.stage import CommandFailed, Stage, analysis_text

MAX_BYTES = 64
_FILES = ("experiments.db", "experiments.db-wal", "experiments.db-shm")


@fault(
    "F10",
    "bytes flipped, file cut, -wal deleted",
    per_commit=20,
    full=500,
    databases=(SQLITE,),
    completes=False,
)
def damaged(stage: Stage, run_number: int) -> None:
    is_interrupted = run_number % 4 == 3
    experiment_id = _copy_run(stage, is_interrupted)
    _choose_damage(stage, is_interrupted)()
    if is_interrupted and _is_refused(stage, stage.start(name="resume")):
        return
    told = stage.folder / "analysis"
    analysis = stage.start(
        name="analyze", body=partial(_analyze, stage.database_url, experiment_id, told)
    )
    if _is_refused(stage, analysis):
        return
    expected = stage.job.folder / "F10" / "analysis"
    if told.read_text() != expected.read_text():
        stage.complain("I7", "silently wrong statistics")


def _choose_damage(stage: Stage, is_interrupted: bool) -> Callable[[], object]:
    database, wal = stage.folder / _FILES[0], stage.folder / _FILES[1]
    flip, cut = partial(_flip, database, stage.random), partial(_cut, database, stage.random)
    if is_interrupted:
        return stage.random.choice([flip, cut, partial(_flip, wal, stage.random), wal.unlink])
    return stage.random.choice([flip, flip, flip, cut])


def _flip(path: Path, random: RandomStream) -> None:
    """Change 1 to 64 bytes: one place, or as many places."""
    content = bytearray(path.read_bytes())
    n_bytes, is_scattered = 1 + random.below(MAX_BYTES), random.below(2)
    start = random.below(len(content))
    for offset in range(n_bytes):
        place = random.below(len(content)) if is_scattered else (start + offset) % len(content)
        content[place] ^= 1 + random.below(255)
    path.write_bytes(content)


def _cut(path: Path, random: RandomStream) -> None:
    with path.open("r+b") as file:
        file.truncate(random.below(path.stat().st_size))


def _copy_run(stage: Stage, is_interrupted: bool) -> str:
    """Put a finished or an interrupted run in the stage's place; return the experiment's id."""
    folder = stage.job.folder / "F10"
    if not folder.exists():
        _make_runs(stage, folder)
    kept = folder / ("interrupted" if is_interrupted else "finished")
    for name in _FILES:
        (stage.folder / name).unlink(missing_ok=True)
        if (kept / name).exists():
            shutil.copyfile(kept / name, stage.folder / name)
    return (folder / "id").read_text()


def _make_runs(stage: Stage, folder: Path) -> None:
    """Run an experiment half and whole, and keep both files."""
    experiment_id = stage.create()
    child = stage.start()
    stage.wait_until(lambda: stage.n_acknowledged() > 150, child)
    child.kill()
    _keep(stage, folder / "interrupted")
    stage.complete()
    _keep(stage, folder / "finished")
    (folder / "id").write_text(experiment_id)
    (folder / "analysis").write_text(analysis_text(stage.database_url, experiment_id))


def _keep(stage: Stage, folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in _FILES:
        if (stage.folder / name).exists():
            shutil.copyfile(stage.folder / name, folder / name)


def _analyze(database_url: str, experiment_id: str, told: Path) -> int:
    try:
        told.write_text(analysis_text(database_url, experiment_id))
    except CommandFailed as failed:
        return failed.code
    return 0


def _is_refused(stage: Stage, child: Child) -> bool:
    """Whether the process ended with an error that a user can read; anything else is a violation."""
    code = child.wait()
    if code == 0:
        return False
    text = child.log.read_text(errors="replace")
    if code < 0 or "Traceback" in text or ("error: " not in text and "StorageError" not in text):
        stage.complain("I11", f"{child.name} ended with {code}: {text.strip()[-300:]}")
    return True

"""What a configuration asks to be written once its experiment is completed."""

from pathlib import Path

from scramblebench.core.states import ExperimentState
from scramblebench.evaluation import restore_plan
from scramblebench.settings import ProviderName
from scramblebench.storage import Database


def write_outputs(database: Database, experiment_id: str, folder: Path) -> Path | None:
    """Write a package, or LaTeX tables alone, into a folder of their own; return it, None where nothing is asked.

    ``replication_<id>`` with its zip, else ``publication_<id>``, else ``tables_<id>``. Nothing is written
    of experiments that are not completed, and of simulated models: their numbers are no measurements.
    """
    record = database.experiments.get(experiment_id)
    spec = restore_plan(database, experiment_id).spec
    with_archive = spec.reproducibility.generate_replication_package
    is_package = with_archive or spec.export.create_publication_package
    is_simulated = any(model.provider is ProviderName.SIMULATED for model in spec.models)
    is_asked = is_package or spec.export.generate_latex_tables
    if record.state is not ExperimentState.COMPLETED or is_simulated or not is_asked:
        return None
    from scramblebench.experiment_tracking.exporter import AcademicExporter

    exporter, name = AcademicExporter(database), experiment_id[:8]
    if not is_package:
        target = folder / f"tables_{name}"
        exporter.sync.generate_latex_tables(experiment_id, target)
        return target
    target = folder / f"{'replication' if with_archive else 'publication'}_{name}"
    exporter.sync.create_publication_package(experiment_id, target, with_archive=with_archive)
    return target

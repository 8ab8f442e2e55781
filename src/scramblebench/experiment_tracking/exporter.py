"""The README's exporter: an experiment as a package, as tables, as files."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from scramblebench.experiment_tracking.database import DatabaseManager
from scramblebench.experiment_tracking.synchronous import Synchronous
from scramblebench.publication.collecting import collect
from scramblebench.publication.exports import export_data
from scramblebench.publication.latex import TABLE_TYPES, write_tables
from scramblebench.publication.package.building import PublicationData, archived, build_package
from scramblebench.publication.redaction import portable, redacted
from scramblebench.publication.source import Author, Publication
from scramblebench.storage import Database

Advance = Callable[[str], None]
"""Told what is being done (exporter -> cli)."""


def _silent(_words: str) -> None:
    """Say nothing."""


class AcademicExporter:
    """Papers' tables, figures and texts, data files and packages of the experiments in one database.

    Methods are coroutines; experiments are named by id, unique id prefix, name or ``@last``. Simulated
    models are refused unless ``allow_simulated``: their numbers are no measurements.
    """

    def __init__(self, db: DatabaseManager | Database, *, allow_simulated: bool = False) -> None:
        self.database: Database = db.database if isinstance(db, DatabaseManager) else db
        self.allow_simulated = allow_simulated

    @property
    def sync(self) -> Synchronous:
        """The same methods without await."""
        return Synchronous(self)

    async def create_publication_package(
        self,
        experiment_id: str,
        output_dir: Path | str,
        title: str = "",
        authors: Sequence[str | Author] = (),
        abstract: str | None = None,
        include_figures: bool = True,
        include_raw_data: bool = True,
        *,
        is_anonymous: bool = False,
        with_archive: bool = False,
        advance: Advance = _silent,
    ) -> PublicationData:
        """Fill a folder with everything that a paper and its reviewers need; return what was written.

        Title and author are the experiment's own where none is given. Without raw data the package
        cannot be checked by ``reproduce.sh``. ``with_archive`` writes the folder as one zip too. Raises
        UsageError where there is no response or the folder holds something else, MissingDependency
        where an extra is not installed.
        """

        def write() -> PublicationData:
            publication = self._publication(experiment_id, title, authors, abstract or "", advance)
            removed: tuple[str, ...] = ()
            if is_anonymous:
                publication, removed = redacted(publication)
            data = build_package(
                publication,
                Path(output_dir),
                include_data=include_raw_data,
                include_figures=include_figures,
                removed=removed,
                advance=advance,
            )
            return archived(data, publication) if with_archive else data

        return await asyncio.to_thread(write)

    async def generate_latex_tables(
        self, experiment_id: str, output_dir: Path | str, table_types: Sequence[str] | None = None
    ) -> dict[str, Path]:
        """Write LaTeX tables; return their paths by type. ``all_tables.tex`` beside them compiles alone.

        Types are summary, model_comparison, significance_tests, thresholds, cost and domains; all where
        none is named. Raises UsageError for another.
        """

        def write() -> dict[str, Path]:
            publication = self._publication(experiment_id)
            written = write_tables(publication, Path(output_dir), table_types)
            return {name: path for name, path in written.items() if name in TABLE_TYPES}

        return await asyncio.to_thread(write)

    async def export(
        self, experiment_id: str, output_dir: Path | str, formats: Sequence[str] = ("csv", "json")
    ) -> list[Path]:
        """Write the data in these formats (csv, json, jsonl, excel, parquet); return the paths."""

        def write() -> list[Path]:
            return export_data(self._publication(experiment_id), Path(output_dir), formats)

        return await asyncio.to_thread(write)

    def _publication(
        self,
        experiment_id: str,
        title: str = "",
        authors: Sequence[str | Author] = (),
        abstract: str = "",
        advance: Advance = _silent,
    ) -> Publication:
        named = [Author(each) if isinstance(each, str) else each for each in authors]
        found = collect(
            self.database,
            self.database.experiments.find(experiment_id),
            title=title,
            authors=named,
            abstract=abstract,
            allow_simulated=self.allow_simulated,
            advance=advance,
        )
        return portable(found)

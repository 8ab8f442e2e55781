"""The files that ``analyze`` writes."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scramblebench.analysis import Report
    from scramblebench.evaluation import Registered
    from scramblebench.plan import Plan
    from scramblebench.storage import Database, ExperimentRecord


def write_results(
    database: "Database",
    record: "ExperimentRecord",
    plan: "Plan",
    report: "Report",
    folder: Path,
    include_plots: bool,
    include_raw_data: bool,
    registered: "Registered | None" = None,
) -> list[Path]:
    """Write statistics.json and what else is asked for; return the paths.

    statistics.json has the same bytes wherever the same scores are analysed with the same options. Of a
    preregistration it has what follows from the frozen content, the standing of each row, and neither the
    time nor the hash.
    """
    from scramblebench.analysis import marked_values
    from scramblebench.analysis.plain import to_file_text

    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "statistics.json"]
    text = to_file_text(marked_values(report, registered))
    written[0].write_text(text, "utf-8", "surrogatepass")
    if include_plots:
        from scramblebench.publication import draw_curves, draw_dependency, standing_of

        level = report.options.confidence_level
        rows, thresholds = report.accuracy, report.thresholds
        standing = standing_of(record, has_simulated=any(row.is_simulated for row in rows))
        path = folder / "accuracy.png"
        written.append(draw_curves(rows, path, record.name, level, thresholds, standing))
        if any(row.estimate == row.estimate for row in report.dependency):
            path = folder / "dependency.png"
            written.append(draw_dependency(report.dependency, path, record.name, level, standing))
    if include_raw_data:
        from scramblebench.publication.exports import write_responses

        responses = database.trials.responses(record.id)
        written.append(write_responses(plan, responses, folder / "responses.jsonl"))
    return written

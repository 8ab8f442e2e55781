"""The smaller parts of a package: configuration, environment, cost, events, the program itself."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import yaml

from scramblebench.analysis.plain import plain
from scramblebench.publication.package.code import requirements, write_wheel
from scramblebench.publication.package.facts import facts_json, facts_of
from scramblebench.publication.source import Publication

FACTS = "config/facts.json"


def write_configuration(publication: Publication, folder: Path) -> None:
    """Write config/: as given, as resolved, what was preregistered, all seeds, and the machine's facts."""
    plan = publication.plan
    spec = json.loads(plan.spec.to_json())
    _write(folder / "config" / "experiment.yaml", publication.source_text)
    _write(folder / "config" / "resolved.yaml", yaml.safe_dump(spec, allow_unicode=True))
    _write(folder / FACTS, facts_json(facts_of(publication)))
    _write_json(folder / "config" / "seeds.json", _seeds(publication))
    if publication.preregistration is not None:
        _write_json(folder / "config" / "prereg.json", publication.preregistration)


def write_environment(publication: Publication, folder: Path) -> None:
    """Write environment/ and code/: what ran, as runners recorded it, and what makes the package again."""
    pins = requirements()
    _write(folder / "environment" / "requirements.txt", pins)
    _write_json(folder / "environment" / "sbom.cdx.json", _bill_of_materials(publication, pins))
    for number, snapshot in enumerate(publication.environments, 1):
        _write_json(folder / "environment" / f"run-{number}.json", snapshot)
    write_wheel(folder / "code", publication.stamp)


def write_cost(publication: Publication, folder: Path) -> None:
    """Write cost/: what each model cost, as far as it is known, and the prices it was planned with."""
    columns = (
        "n_planned", "n_answered", "n_cached", "n_lost", "prompt_tokens", "completion_tokens",
        "cost_microusd", "n_cost_unknown",
    )  # fmt: skip
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("model", *columns))
    for facts in publication.models:
        table.writerow((facts.name, *(getattr(facts, column) for column in columns)))
    _write(folder / "cost" / "ledger.csv", text.getvalue())
    prices = {
        m.shown_name: m.price.model_dump(mode="json") if m.price else None
        for m in publication.plan.spec.models
    }
    _write_json(folder / "cost" / "prices_snapshot.json", prices)


def write_events(publication: Publication, folder: Path) -> None:
    """Write logs/events.jsonl.gz: the history of the experiment, oldest first."""
    lines = [json.dumps(plain(_event(event)), ensure_ascii=False) for event in publication.events]
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    content = gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)
    (folder / "logs" / "events.jsonl.gz").write_bytes(content)


def _event(event: Any) -> dict[str, Any]:
    return {**asdict(event), "at": event.at.isoformat()}


def _seeds(publication: Publication) -> dict[str, Any]:
    plan = publication.plan
    return {
        "scrambling": {
            f"{condition.method}, level {condition.level_pct:g}": condition.seed
            for condition in plan.conditions
        },
        "sampling": {name: part.sample_seed for name, part in plan.spec.benchmarks.items()},
        "decoding": {model.shown_name: model.seed for model in plan.spec.models},
        "analysis": publication.report.seed,
    }


def _bill_of_materials(publication: Publication, pins: str) -> dict[str, Any]:
    """Return CycloneDX 1.5: the packages that the program needs, in the versions that made the package."""
    pinned = [line.split("==") for line in pins.splitlines()]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, pins)}",
        "version": 1,
        "metadata": {
            "timestamp": publication.stamp.isoformat().replace("+00:00", "Z"),
            "component": {
                "type": "application",
                "name": "scramblebench",
                "version": publication.report.versions["scramblebench"],
            },
        },
        "components": [
            {
                "type": "library",
                "name": name,
                "version": version,
                "purl": f"pkg:pypi/{name}@{version}",
            }
            for name, version in pinned
        ],
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", "surrogatepass", newline="\n")


def _write_json(path: Path, values: Mapping[str, Any] | Sequence[Any]) -> None:
    _write(path, json.dumps(plain(values), indent=1, sort_keys=True, ensure_ascii=False) + "\n")

"""Files to questions, samples of them, and the bundled benchmark that is generated from templates."""

from scramblebench.benchmarks.generated import (
    DEMO_DOMAINS,
    generate_questions,
)
from scramblebench.benchmarks.loading import load_benchmark
from scramblebench.benchmarks.sampling import few_shot_examples, sample_questions
from scramblebench.benchmarks.source import (
    DIFFICULTIES,
    GENERATED_DOMAINS,
    BenchmarkSource,
    FieldMapping,
    GeneratedSpec,
    LoadedBenchmark,
)

__all__ = [
    "DEMO_DOMAINS",
    "DIFFICULTIES",
    "GENERATED_DOMAINS",
    "BenchmarkSource",
    "FieldMapping",
    "GeneratedSpec",
    "LoadedBenchmark",
    "few_shot_examples",
    "generate_questions",
    "load_benchmark",
    "sample_questions",
]

"""Files to questions: every record is one, or the file is refused at the line that is wrong."""

from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from scramblebench.benchmarks.drafts import Draft, complete, numbers_are_positions, read_draft
from scramblebench.benchmarks.files import HashedFile, find_files
from scramblebench.benchmarks.formats import reader_of
from scramblebench.benchmarks.generated import generate_questions
from scramblebench.benchmarks.layout import Layout, find_layout
from scramblebench.benchmarks.records import Malformed, Record, Value
from scramblebench.benchmarks.source import BenchmarkSource, LoadedBenchmark
from scramblebench.core.errors import BenchmarkFileError, Place
from scramblebench.core.questions import Question, identified, question_id


def load_benchmark(source: BenchmarkSource) -> LoadedBenchmark:
    """Return the questions of a benchmark, in the order of its files and their records.

    Raises BenchmarkFileError at the first record that is not a question, MissingDependency where a
    Parquet file needs pyarrow.
    """
    if source.generated is not None:
        return _generated(source)
    files = find_files(source)
    if not files:
        place = source.origin or Place(f"benchmark {source.name}")
        raise BenchmarkFileError("names no files; give it `paths:`", place)
    shelf = _Shelf(source)
    hashes = [(name, shelf.read(path, _domain_of(path, files))) for name, path in files.items()]
    return LoadedBenchmark(source.name, tuple(shelf.questions), shelf.notes(), tuple(hashes))


def _generated(source: BenchmarkSource) -> LoadedBenchmark:
    assert source.generated is not None
    spec = source.generated
    note = f"generated: variant {spec.variant}, domains {', '.join(spec.domains)}"
    return LoadedBenchmark(source.name, generate_questions(spec, source.name), (note,))


def _domain_of(path: Path, files: dict[str, Path]) -> str:
    """Name the domain of a file whose records name none: its own name, where it is one of several."""
    stems = {other.stem for other in files.values()}
    return path.stem if 1 < len(files) == len(stems) else ""


@contextmanager
def _placed(record: Record) -> Generator[None]:
    """Add the record's line to what is Malformed inside, and its number where the line has several."""
    try:
        yield
    except Malformed as error:
        number = f"record {record.number}: " if record.number else ""
        raise Malformed(f"{number}{error}", error.line or record.line) from error


@dataclass
class _Shelf:
    """The questions read so far, and what is needed to tell that ids and contents are new."""

    source: BenchmarkSource
    questions: list[Question] = field(default_factory=list)
    _places: dict[str, Place] = field(default_factory=dict)
    _contents: Counter[str] = field(default_factory=Counter)
    _marks: Counter[str] = field(default_factory=Counter)
    _n_shuffled: int = 0

    def read(self, path: Path, domain: str) -> str:
        """Put a file's questions on the shelf; return its sha256."""
        file = HashedFile(path)
        try:
            drafts = list(self._drafts(file))
            is_index = numbers_are_positions(drafts)
            for draft in drafts:
                with _placed(draft.record):
                    self._add(complete(draft, is_index=is_index), draft.record, path, domain)
        except Malformed as error:
            raise BenchmarkFileError(str(error), Place(path, error.line)) from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"cannot be read ({reason}); check the file and its permissions"
            raise BenchmarkFileError(message, Place(path)) from error
        if not drafts:
            raise BenchmarkFileError("holds no records; is it the right file?", Place(path))
        return file.sha256

    def _drafts(self, file: HashedFile) -> Iterator[Draft]:
        read_records = reader_of(file.path, self.source.format)
        layouts: dict[tuple[str, ...], Layout] = {}
        for record in read_records(file):
            with _placed(record):
                keys = tuple(record.fields)
                if keys not in layouts:
                    layouts[keys] = find_layout(keys, self.source.fields)
                draft = read_draft(record, layouts[keys], self.source.choice_seed)
            self._mark(record, draft)
            yield draft

    def _mark(self, record: Record, draft: Draft) -> None:
        self._n_shuffled += draft.is_shuffled
        mark: Value = record.fields.get("error_type")
        if isinstance(mark, str) and mark.strip().lower() not in ("", "ok"):
            self._marks[mark.strip().lower()] += 1

    def _add(self, question: Question, record: Record, path: Path, domain: str) -> None:
        if question.source_id:
            self._check_new(question.source_id, Place(path, record.line))
        in_line = f"#{record.number}" if record.number else ""
        named = replace(
            question,
            benchmark=self.source.name,
            domain=question.domain or domain,
            source_id=question.source_id or f"{path.name}:{record.line}{in_line}",
        )
        content = question_id(named)
        self.questions.append(identified(named, self._contents[content]))
        self._contents[content] += 1

    def _check_new(self, source_id: str, place: Place) -> None:
        if source_id in self._places:
            first = self._places[source_id]
            message = f'the id "{source_id}" stands at {first} already; give each record its own'
            if first.path != place.path:
                message += ", or load the files as two benchmarks"
            raise BenchmarkFileError(message, place)
        self._places[source_id] = place

    def notes(self) -> tuple[str, ...]:
        """Return what a reader should know of how the files were read."""
        notes: list[str] = []
        if self._n_shuffled:
            notes.append(
                f"{self._n_shuffled} questions had the right choice first; "
                f"choices shuffled with seed {self.source.choice_seed}"
            )
        if self._marks:
            kinds = ", ".join(f"{kind} {n}" for kind, n in sorted(self._marks.items()))
            n = self._marks.total()
            notes.append(f"{n} questions are marked by their authors ({kinds}); kept as they are")
        if n_again := len(self.questions) - len(self._contents):
            notes.append(f"{n_again} questions repeat the content of an earlier one; kept")
        return tuple(notes)

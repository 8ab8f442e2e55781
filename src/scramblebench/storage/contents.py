"""What an experiment consists of: its benchmarks, models, conditions and questions, in plan order.

Questions are stored once per content however many experiments ask them; where they came from
(domain, difficulty, place in a file) belongs to each experiment.
"""

from collections.abc import Sequence

from scramblebench.core.canonical import canonical_json
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import StorageError
from scramblebench.core.questions import Question
from scramblebench.storage.connection import BulkInsert, Column, Connection, Value
from scramblebench.storage.records import BenchmarkRecord, ModelRecord, NewExperiment
from scramblebench.storage.sanitise import pack, read_list, storable, unpack

_QUESTION_TEXTS = ("benchmark", "text", "context", "choices_json", "answers_json")
_ORIGIN_TEXTS = ("domain", "difficulty", "source_id")
_MODEL_TEXTS = ("name", "provider", "label", "spec_json")
_BENCHMARK_TEXTS = ("name", "files_json", "notes_json")
_CONDITION_TEXTS = ("method", "parameters_json")

_INSERT_QUESTIONS = BulkInsert(
    "questions",
    (
        Column("id", "bytea"),
        Column("benchmark_no", "bigint"),
        Column("text", "text"),
        Column("context", "text"),
        Column("choices_json", "text"),
        Column("answers_json", "text"),
        Column("exact", "bytea"),
    ),
    "ON CONFLICT (id) DO NOTHING",
)
_PLACE_QUESTION = """
    INSERT INTO experiment_questions
        (experiment_no, position, question_no, correct_choice, domain, difficulty, source_id, exact)
    SELECT ?, ?, no, ?, ?, ?, ?, ? FROM questions WHERE id = ?"""


def hash_bytes(digest: str, what: str) -> bytes:
    """Return the 32 bytes of 64 hex digits; raises StorageError on anything else."""
    try:
        raw = bytes.fromhex(digest)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise StorageError(f"{what} {digest!r} is not a sha256 in 64 hex digits")
    return raw


def add_contents(connection: Connection, experiment_no: int, new: NewExperiment) -> None:
    """Store all that the experiment consists of."""
    benchmark_nos = _add_benchmarks(connection, experiment_no, new)
    _add_models(connection, experiment_no, new.models)
    _add_conditions(connection, experiment_no, new.conditions)
    _add_questions(connection, new.questions, benchmark_nos)
    _place_questions(connection, experiment_no, new.questions)


def _add_benchmarks(
    connection: Connection, experiment_no: int, new: NewExperiment
) -> dict[str, int]:
    names = {record.name for record in new.benchmarks} | {q.benchmark for q in new.questions}
    numbers = {name: _benchmark_no(connection, name) for name in sorted(names)}
    for position, record in enumerate(new.benchmarks):
        texts = (record.name, canonical_json(record.files), canonical_json(record.notes))
        (_, files, notes), exact = pack(_BENCHMARK_TEXTS, texts)
        connection.run(
            """
            INSERT INTO experiment_benchmarks
                (experiment_no, position, benchmark_no, n_questions, files_json, notes_json, exact)
            VALUES (?, ?, ?, ?, ?, ?, ?)""",
            (
                experiment_no,
                position,
                numbers[record.name],
                record.n_questions,
                files,
                notes,
                exact,
            ),
        )
    return numbers


def _benchmark_no(connection: Connection, name: str) -> int:
    name = storable(name)
    connection.run(
        "INSERT INTO benchmarks (name) VALUES (?) ON CONFLICT (name) DO NOTHING", (name,)
    )
    row = connection.row("SELECT no FROM benchmarks WHERE name = ?", (name,))
    assert row is not None
    return row[0]


def _add_models(connection: Connection, experiment_no: int, models: Sequence[ModelRecord]) -> None:
    texts = [(m.name, m.provider, m.label, m.spec_json) for m in models]
    for position, (model, (clean, exact)) in enumerate(
        zip(models, (pack(_MODEL_TEXTS, row) for row in texts), strict=True)
    ):
        connection.run(
            "INSERT INTO models (id, name, provider) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (model.id, *clean[:2]),
        )
        connection.run(
            """
            INSERT INTO experiment_models (experiment_no, position, model_no, label, spec_json, exact)
            SELECT ?, ?, no, ?, ?, ? FROM models WHERE id = ?""",
            (experiment_no, position, *clean[2:], exact, model.id),
        )


def _add_conditions(
    connection: Connection, experiment_no: int, conditions: Sequence[Condition]
) -> None:
    rows: list[tuple[Value, ...]] = []
    for position, condition in enumerate(conditions):
        texts = (condition.method, canonical_json(condition.parameters))
        (method, parameters), exact = pack(_CONDITION_TEXTS, texts)
        condition_id = hash_bytes(condition.id, "condition")
        level_pct = float(condition.level_pct)
        rows.append(
            (
                experiment_no,
                position,
                condition_id,
                method,
                level_pct,
                condition.seed,
                parameters,
                exact,
            )
        )
    connection.run_many(
        """
        INSERT INTO experiment_conditions
            (experiment_no, position, condition_id, method, level_pct, seed, parameters_json, exact)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )


def _add_questions(
    connection: Connection, questions: Sequence[Question], benchmark_nos: dict[str, int]
) -> None:
    """Store the contents that are new, in order of id: two experiments then never block each other."""
    rows: list[tuple[Value, ...]] = []
    for question in sorted(questions, key=lambda q: q.id):
        choices, answers = canonical_json(question.choices), canonical_json(question.answers)
        texts = (question.benchmark, question.text, question.context, choices, answers)
        clean, exact = pack(_QUESTION_TEXTS, texts)
        question_id = hash_bytes(question.id, "question")
        rows.append((question_id, benchmark_nos[question.benchmark], *clean[1:], exact))
    connection.insert(_INSERT_QUESTIONS, rows)


def _place_questions(
    connection: Connection, experiment_no: int, questions: Sequence[Question]
) -> None:
    rows: list[tuple[Value, ...]] = []
    for position, question in enumerate(questions):
        clean, exact = pack(
            _ORIGIN_TEXTS, (question.domain, question.difficulty, question.source_id)
        )
        question_id = bytes.fromhex(question.id)
        rows.append((experiment_no, position, question.correct_choice, *clean, exact, question_id))
    connection.run_many(_PLACE_QUESTION, rows)


def read_models(connection: Connection, experiment_no: int) -> tuple[ModelRecord, ...]:
    """Return the models in plan order."""
    rows = connection.rows(
        """
        SELECT m.id, m.name, m.provider, e.label, e.spec_json, e.exact
        FROM experiment_models e JOIN models m ON m.no = e.model_no
        WHERE e.experiment_no = ? ORDER BY e.position""",
        (experiment_no,),
    )
    models: list[ModelRecord] = []
    for model_id, *texts, exact in rows:
        name, provider, label, spec_json = unpack(_MODEL_TEXTS, texts, exact)
        models.append(
            ModelRecord(model_id, name or "", label or "", provider or "", spec_json or "")
        )
    return tuple(models)


def read_conditions(connection: Connection, experiment_no: int) -> tuple[Condition, ...]:
    """Return the conditions in plan order."""
    rows = connection.rows(
        """
        SELECT method, parameters_json, level_pct, seed, exact, condition_id
        FROM experiment_conditions
        WHERE experiment_no = ? ORDER BY position""",
        (experiment_no,),
    )
    conditions: list[Condition] = []
    for method, parameters_json, level_pct, seed, exact, condition_id in rows:
        method, parameters_json = unpack(_CONDITION_TEXTS, (method, parameters_json), exact)
        parameters = tuple((name, value) for name, value in read_list(parameters_json))
        condition = Condition(method or "", level_pct, seed, parameters)
        if condition.id != bytes(condition_id).hex():
            raise StorageError("the database is damaged: a condition is not what was stored")
        conditions.append(condition)
    return tuple(conditions)


def read_questions(
    connection: Connection, experiment_no: int, first: int, last: int
) -> tuple[Question, ...]:
    """Return the questions of the positions from ``first`` to before ``last``, in plan order."""
    rows = connection.rows(
        """
        SELECT q.id, b.name, q.text, q.context, q.choices_json, q.answers_json, q.exact,
               e.correct_choice, e.domain, e.difficulty, e.source_id, e.exact
        FROM experiment_questions e
        JOIN questions q ON q.no = e.question_no JOIN benchmarks b ON b.no = q.benchmark_no
        WHERE e.experiment_no = ? AND e.position >= ? AND e.position < ? ORDER BY e.position""",
        (experiment_no, first, last),
    )
    questions: list[Question] = []
    for question_id, *texts, exact, correct_choice, domain, difficulty, source_id, origin in rows:
        benchmark, text, context, choices, answers = unpack(_QUESTION_TEXTS, texts, exact)
        domain, difficulty, source_id = unpack(
            _ORIGIN_TEXTS, (domain, difficulty, source_id), origin
        )
        questions.append(
            Question(
                id=bytes(question_id).hex(),
                benchmark=benchmark or "",
                text=text or "",
                answers=tuple(read_list(answers)),
                choices=tuple(read_list(choices)),
                correct_choice=correct_choice,
                context=context or "",
                domain=domain or "",
                difficulty=difficulty or "",
                source_id=source_id or "",
            )
        )
    return tuple(questions)


def read_benchmarks(connection: Connection, experiment_no: int) -> tuple[BenchmarkRecord, ...]:
    """Return the benchmarks in the order of the configuration."""
    rows = connection.rows(
        """
        SELECT e.n_questions, b.name, e.files_json, e.notes_json, e.exact
        FROM experiment_benchmarks e JOIN benchmarks b ON b.no = e.benchmark_no
        WHERE e.experiment_no = ? ORDER BY e.position""",
        (experiment_no,),
    )
    benchmarks: list[BenchmarkRecord] = []
    for n_questions, *texts, exact in rows:
        name, files_json, notes_json = unpack(_BENCHMARK_TEXTS, texts, exact)
        files = tuple((file, digest) for file, digest in read_list(files_json))
        notes = tuple(read_list(notes_json))
        benchmarks.append(BenchmarkRecord(name or "", n_questions, files, notes))
    return tuple(benchmarks)

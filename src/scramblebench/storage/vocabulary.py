"""What rows repeat, stored once and pointed to by number: who gave an answer and how, and how it was read.

Words of a fixed set are numbers by their place in a tuple, which is never changed: the numbers are in databases.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scramblebench.core.canonical import content_hash
from scramblebench.core.trials import AnswerStatus, AttemptOutcome, Response
from scramblebench.storage.bodies import sample_of, seal, unseal
from scramblebench.storage.connection import Connection
from scramblebench.storage.sanitise import Texts, damaged, pack

OUTCOMES = (
    AttemptOutcome.UNKNOWN,
    AttemptOutcome.ANSWERED,
    AttemptOutcome.FAILED,
    AttemptOutcome.LOST,
)
STATUSES = (
    AnswerStatus.ANSWERED,
    AnswerStatus.REFUSAL,
    AnswerStatus.EMPTY,
    AnswerStatus.UNPARSABLE,
    AnswerStatus.TRUNCATED,
)
OUTCOME_NOS = {outcome: number for number, outcome in enumerate(OUTCOMES)}
STATUS_NOS = {status: number for number, status in enumerate(STATUSES)}

PROVENANCE_TEXTS = (
    "finish_reason",
    "cost_source",
    "served_model",
    "served_provider",
    "model_digest",
)
RESPONSE_TEXTS = ("text", "provider_response_id")
RULE_TEXTS = ("rule",)

_INSERT_PROVENANCE = """
    INSERT INTO provenances
        (id, finish_reason, cost_source, served_model, served_provider, model_digest, exact, sample)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The number of a provenance and the body that bodies of it are deflated against."""

    no: int
    sample: bytes | None


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Provenances and rules that are stored, as far as they were met."""

    provenances: dict[Texts, Provenance]
    rules: dict[str, int]

    def __or__(self, other: "Vocabulary") -> "Vocabulary":
        """Return what both hold."""
        return Vocabulary(self.provenances | other.provenances, self.rules | other.rules)


def status_of(number: object) -> AnswerStatus:
    """Return the status with a number; raises StorageError where there is none."""
    if not isinstance(number, int) or not 0 <= number < len(STATUSES):
        raise damaged(f"an answer of status {number!r}")
    return STATUSES[number]


def provenance_of(response: Response) -> Texts:
    """Return who gave an answer and how it ended, in the order of ``PROVENANCE_TEXTS``."""
    return (
        response.finish_reason,
        response.cost_source,
        response.served_model,
        response.served_provider,
        response.model_digest,
    )


def learn_provenances(
    connection: Connection, responses: Iterable[Response], known: Mapping[Texts, Provenance]
) -> dict[Texts, Provenance]:
    """Store the provenances of responses that are not known; return them."""
    unknown: dict[Texts, Response] = {}
    for response in responses:
        provenance = provenance_of(response)
        if provenance not in known and (response.raw or provenance not in unknown):
            unknown[provenance] = response
    learned: dict[Texts, Provenance] = {}
    for key, provenance in sorted((_id(each), each) for each in unknown):
        sample = _sample(unknown[provenance])
        clean, exact = pack(PROVENANCE_TEXTS, provenance)
        connection.run(_INSERT_PROVENANCE, (key, *clean, exact, sample))
        if sample is not None:
            connection.run(
                "UPDATE provenances SET sample = ? WHERE id = ? AND sample IS NULL", (sample, key)
            )
        row = connection.row("SELECT no, sample FROM provenances WHERE id = ?", (key,))
        assert row is not None
        learned[provenance] = Provenance(row[0], None if row[1] is None else unseal(row[1]))
    return learned


def learn_rules(
    connection: Connection, rules: Iterable[str], known: Mapping[str, int]
) -> dict[str, int]:
    """Store the rules that are not known; return their numbers."""
    learned: dict[str, int] = {}
    for key, rule in sorted((_id(rule), rule) for rule in set(rules) - known.keys()):
        clean, exact = pack(RULE_TEXTS, (rule,))
        connection.run(
            "INSERT INTO rules (id, rule, exact) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (key, *clean, exact),
        )
        row = connection.row("SELECT no FROM rules WHERE id = ?", (key,))
        assert row is not None
        learned[rule] = row[0]
    return learned


def _sample(response: Response) -> bytes | None:
    (text, response_id), _ = pack(RESPONSE_TEXTS, (response.text, response.provider_response_id))
    sample = sample_of(response.raw, text or "", response_id)
    return None if sample is None else seal(sample)


def _id(what: str | Texts) -> bytes:
    return bytes.fromhex(content_hash(what))

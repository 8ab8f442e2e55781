"""The tables of what was asked and what came back: one place defines their columns."""

from scramblebench.publication.exports.columns import (
    Table,
    boolean,
    integer,
    long_text,
    mapping,
    number,
    text,
    texts,
)

_NOT_SAID = "the provider, or the file it was imported from, did not say"
_IMPORTED = "imported: nobody knows what was sent"
_UNSCORED = "not scored"

_QUESTION_KEY = (
    text("benchmark", "Name of the benchmark."),
    text("question_id", "sha256 of the question's content; the same in all tables.", "hex digits"),
    text("source_id", "The question's id in the benchmark's file, else file and line."),
)
_ASKED = (
    long_text("question", "The question as it is in the benchmark."),
    long_text("context", "The text that the question is about; empty text: none."),
    texts("choices", "The options in the order shown; empty list: an open question."),
    texts("expected", "Accepted reference answers."),
    text("domain", "The question's domain; empty text: none is named."),
)
_CONDITION = (
    text("condition_id", "sha256 of method, level, seed and parameters.", "hex digits"),
    text("method", "How the text was scrambled; baseline: not at all."),
    number("level", "Nominal share altered.", "percent"),
    integer(
        "seed", "Seed of the scrambling.", "", "the file it was imported from did not say a seed"
    ),
    mapping("parameters", "What else decides the scrambled text, by name."),
)
_TRIAL = (
    integer("trial_index", "Place of the trial in the plan, from 0; unique in an experiment."),
    text("trial_key", "sha256 of question, condition and repeat.", "hex digits"),
    text("model", "Name of the model in all tables."),
    boolean("is_simulated", "Whether nobody was asked: simulated answers are no measurements."),
)
_REPEAT = integer("repeat", "Which asking of the same trial, from 0.")
_REALISED_DOSE = number("realised_dose", "Share of units really altered.", "0 to 1", _IMPORTED)

QUESTIONS = Table(
    "questions",
    "a question of the experiment, in the order of the plan",
    (
        *_QUESTION_KEY,
        *_ASKED,
        integer("correct_choice", "Position of the right option, from 0.", "", "an open question"),
        text("difficulty", "As the benchmark says; empty text: it does not."),
        number("guess_rate", "Share right by blind guessing; 0 for open questions.", "0 to 1"),
    ),
)

SCRAMBLED_QUESTIONS = Table(
    "scrambled_questions",
    "a question under a condition that at least one response is there for",
    (
        *_QUESTION_KEY,
        *_CONDITION,
        long_text("scrambled_question", "The question as it was asked.", _IMPORTED),
        long_text("scrambled_context", "The context as it was asked.", _IMPORTED),
        texts("scrambled_choices", "The options as they were asked.", _IMPORTED),
        _REALISED_DOSE,
        number("edit_distance", "Normalised Levenshtein distance.", "0 to 1", _IMPORTED),
        integer("n_units", "Units that could be altered.", "letters, words, ...", _IMPORTED),
        integer("n_altered", "Units that were altered.", "letters, words, ...", _IMPORTED),
        text("text_sha256", "sha256 of all scrambled fields.", "hex digits", _IMPORTED),
    ),
)

_RESPONSE = (
    long_text("text", "The response as it came."),
    text("finish_reason", "Why the model stopped.", "", _NOT_SAID),
    number("score", "First judgement of the response.", "0 to 1", _UNSCORED),
    long_text("answer", "The answer found in the response.", "none was found, or not scored"),
    text("answer_status", "answered, or why there is no answer.", "", _UNSCORED),
    text("scorer", "What judged, with its version.", "", _UNSCORED),
    integer("n_attempts", "Tries to send the trial; 0: nothing was sent."),
    number("latency_s", "From request to whole answer; 0 where cached.", "seconds", _NOT_SAID),
    integer("prompt_tokens", "Tokens of what was sent.", "tokens", _NOT_SAID),
    integer("completion_tokens", "Tokens of the response.", "tokens", _NOT_SAID),
    integer("cost_microusd", "What it cost.", "millionths of a US dollar", "nobody knows"),
    text("cost_source", "Where the cost comes from.", "", "nobody knows the cost"),
    text("served_model", "The model that answered, as it says itself.", "", _NOT_SAID),
    text("served_provider", "Who served it.", "", _NOT_SAID),
    text("model_digest", "Digest of the weights.", "", _NOT_SAID),
    text("provider_response_id", "The provider's id of the response.", "", _NOT_SAID),
    boolean("is_truncated", "Whether the response was cut at the most tokens allowed."),
    boolean("is_prompt_cut", "Whether the prompt was cut before the model saw it."),
    boolean("is_cached", "Whether nothing was sent: asked before, or imported."),
    text("responded_at", "When the response was stored.", "ISO 8601, UTC"),
    text("text_sha256", "sha256 of the text in UTF-8, lone surrogates in three bytes.", "hex digits"),
)  # fmt: skip
_PROMPTED = (
    *_ASKED,
    _REALISED_DOSE,
    long_text("prompt", "The user message as it was sent.", _IMPORTED),
)
_OF_RESPONSES = "a stored response, in the order of the plan"

RESPONSES = Table(
    "responses",
    _OF_RESPONSES,
    (*_TRIAL, *_QUESTION_KEY, *_CONDITION, _REPEAT, *_RESPONSE),
)
PROMPTED_RESPONSES = Table("responses", _OF_RESPONSES, (*RESPONSES.columns, *_PROMPTED))
"""Responses with what was asked in every row."""

SCORES = Table(
    "scores",
    "the first score of a response, in the order of the plan",
    (
        integer("trial_index", "Place of the trial in the plan."),
        number("value", "The score; 0 with another status than answered: no answer.", "0 to 1"),
        text("status", "answered, refusal, empty, unparsable or truncated."),
        long_text("answer", "The answer found in the response.", "none was found"),
        text("rule", "How the answer was found."),
        text("scorer", "What judged, with its version."),
    ),
)

MISSING = Table(
    "missing",
    "a planned trial without a response: not a wrong answer",
    (*_TRIAL, *_QUESTION_KEY, *_CONDITION, _REPEAT),
)

DATA_TABLES = (QUESTIONS, SCRAMBLED_QUESTIONS, RESPONSES, SCORES, MISSING)

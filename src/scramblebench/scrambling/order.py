"""word_shuffle and sentence_shuffle: the same pieces in another order.

Nested: rising levels reach the pieces in one fixed order, and those reached form one cycle in that
order, so each stands in another's place. Within a scope (a sentence for words, the text for
sentences) the second piece follows the first at once, since one alone has no place to go.
"""

from collections.abc import Sequence

from scramblebench.core.canonical import canonical_json
from scramblebench.core.conditions import Condition
from scramblebench.core.errors import UsageError
from scramblebench.scrambling.method import (
    ALWAYS_PRESERVED,
    COMMON_PARAMETERS,
    Method,
    Record,
    free_text,
    has_numbers_preserved,
)
from scramblebench.scrambling.priorities import n_chosen, ranked_units, stream_of
from scramblebench.scrambling.scrambled import Scrambled, edit_distance
from scramblebench.scrambling.spans import Span, filled, options_start
from scramblebench.scrambling.words import sentence_spans, word_spans

_WORD = "word_shuffle"
_SENTENCE = "sentence_shuffle"
_N_TRIES = 200  # so that a long text of one word only takes time in proportion to its length


def _paired(ranked: Sequence[int], scopes: Sequence[int]) -> list[int]:
    """Return the ranked pieces with each scope's second one brought up to its first."""
    by_scope: dict[int, list[int]] = {}
    for piece in ranked:
        by_scope.setdefault(scopes[piece], []).append(piece)
    order: list[int] = []
    for piece in ranked:
        members = by_scope[scopes[piece]]
        if piece == members[0]:
            order += members[:2]
        elif piece != members[1]:
            order.append(piece)
    return order


def _cycled(chosen: list[int], pieces: Sequence[str]) -> dict[int, int]:
    """Return for each place the piece that comes to stand there: one cycle in the order given.

    Where the piece reads like the one it replaces, it changes places with another one if both then
    differ from what stood there.
    """
    source = dict(zip(chosen, chosen[-1:] + chosen[:-1], strict=True))
    for place in chosen:
        if pieces[source[place]] != pieces[place]:
            continue
        for other in chosen[:_N_TRIES]:
            if pieces[source[other]] != pieces[place] and pieces[source[place]] != pieces[other]:
                source[place], source[other] = source[other], source[place]
                break
    return source


def _sources(
    pieces: Sequence[str], scopes: Sequence[int], level_pct: float, stream: str
) -> list[int]:
    """Return for every place the number of the piece that comes to stand there."""
    order = _paired(ranked_units(len(pieces), stream).tolist(), scopes)
    chosen: dict[int, list[int]] = {}
    for piece in order[: n_chosen(len(pieces), level_pct)]:
        chosen.setdefault(scopes[piece], []).append(piece)
    sources = list(range(len(pieces)))
    for members in chosen.values():
        for place, piece in _cycled(members, pieces).items():
            sources[place] = piece
    return sources


def _reordered(
    text: str,
    places: Sequence[Span],
    scopes: Sequence[int],
    condition: Condition,
    key: str,
    name: str,
) -> Scrambled:
    pieces = [text[start:end] for start, end in places]
    sources = _sources(pieces, scopes, condition.level_pct, stream_of(name, condition, key))
    moved = [place for place, piece in enumerate(sources) if piece != place]
    slots = {place: slot for slot, place in enumerate(moved)}
    filling = [pieces[sources[place]] for place in moved]
    result, starts = filled(text, [places[place] for place in moved], filling)
    record = {
        "method": name,
        "places": [[start, len(piece)] for start, piece in zip(starts, filling, strict=True)],
        "sources": [slots[sources[place]] for place in moved],
    }
    n_altered = sum(pieces[place] != piece for place, piece in zip(moved, filling, strict=True))
    distance = edit_distance(text, result)
    return Scrambled(result, len(pieces), n_altered, distance, canonical_json(record))


def shuffle_words(text: str, condition: Condition, key: str) -> Scrambled:
    """Put words in another order within their sentences; see ``WORD_SHUFFLE``."""
    free = free_text(text, condition)
    has_digits = not has_numbers_preserved(condition)
    places: list[Span] = []
    scopes: list[int] = []
    for scope, (start, end) in enumerate(sentence_spans(free)):
        words = word_spans(free[start:end], has_digits=has_digits)
        if len(words) > 1:
            places += [(start + first, start + last) for first, last in words]
            scopes += [scope] * len(words)
    return _reordered(text, places, scopes, condition, key, _WORD)


def shuffle_sentences(text: str, condition: Condition, key: str) -> Scrambled:
    """Put sentences in another order; see ``SENTENCE_SHUFFLE``."""
    free = free_text(text, condition)
    places = list(sentence_spans(free[: options_start(text)]))
    places = places if len(places) > 1 else []
    return _reordered(text, places, [0] * len(places), condition, key, _SENTENCE)


def restore_order(scrambled: str, record: Record) -> str:
    """Put the pieces back where the record says they came from."""
    places: list[Span] = [(start, start + length) for start, length in record["places"]]
    if places and places[-1][1] > len(scrambled):
        raise UsageError("the record belongs to another text")
    pieces = [""] * len(places)
    for (start, end), source in zip(places, record["sources"], strict=True):
        pieces[source] = scrambled[start:end]
    return filled(scrambled, places, pieces)[0]


WORD_SHUFFLE = Method(
    name=_WORD,
    aliases=("word",),
    unit="word in a sentence of two or more",
    summary="Words change places within their sentence.",
    preserves=(*ALWAYS_PRESERVED, "words", "sentence order", "punctuation"),
    parameters=COMMON_PARAMETERS,
    apply=shuffle_words,
    undo=restore_order,
)
SENTENCE_SHUFFLE = Method(
    name=_SENTENCE,
    aliases=("sentence",),
    unit="sentence of a text of two or more",
    summary="Sentences change places; answer options stay where they are.",
    preserves=(*ALWAYS_PRESERVED, "sentences", "answer options", "line breaks"),
    parameters=COMMON_PARAMETERS,
    apply=shuffle_sentences,
    undo=restore_order,
)

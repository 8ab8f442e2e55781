"""Provider bodies as they are stored: what their answer's text and the bodies before them say already is left out.

A body of an API says some tens of bytes that nothing else says, in half a kilobyte. It is deflated against
a dictionary of what is known without it: the answer's text and identifier, which are columns of their
own, and the first body of the same provenance, its sample. Where there is none, the words of the protocols take its
place. The first byte tells how a body is kept; what begins otherwise is as it came.
"""

import json
import zlib

from scramblebench.storage.sanitise import damaged

_PLAIN, _BY_WORDS, _BY_SAMPLE = _MARKS = (b"\0", b"\1", b"\2")
_SMALL_WINDOW, _SMALL_MEMORY, _LARGE_WINDOW = -12, 5, -15
_LEVEL, _LARGE_MEMORY = 6, 8
_SMALL_BYTES = 4_096
_SAMPLE_BYTES = 2_048
_SEAL_BYTES = 4

_WORDS = (
    b'{"model":"","created_at":"20","message":{"role":"assistant","content":""},"done_reason":"stop",'
    b'"done":true,"total_duration":0,"load_duration":0,"prompt_eval_count":0,"prompt_eval_duration":0,'
    b'"eval_count":0,"eval_duration":0}'
    b'{"id":"gen-1","object":"chat.completion","created":1,"model":"openai/","provider":"OpenAI",'
    b'"system_fingerprint":"fp_","choices":[{"index":0,"logprobs":null,"finish_reason":"length",'
    b'"native_finish_reason":"stop","finish_reason":"stop","message":{"role":"assistant","content":"",'
    b'"refusal":null,"reasoning":null,"annotations":[]}}],"usage":{"prompt_tokens":0,"completion_tokens":0,'
    b'"total_tokens":0,"cost":0.0,"is_byok":false,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},'
    b'"cost_details":{"upstream_inference_cost":null},"completion_tokens_details":{"reasoning_tokens":0,'
    b'"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default"}'
)
"""Never to be changed: bodies that are stored are read with it. Better words need another mark."""


def sample_of(body: bytes | None, text: str, response_id: str | None) -> bytes | None:
    """Return what bodies like this one say again: its beginning, without its own text and identifier."""
    if not body:
        return None
    for own in (text, response_id or ""):
        for ascii_only in (False, True):
            said = json.dumps(own, ensure_ascii=ascii_only)[1:-1].encode()
            body = body.replace(said, b"") if said else body
    return body[:_SAMPLE_BYTES] or None


def seal(sample: bytes) -> bytes:
    """Return a sample as it is stored: with its checksum, since damage to it would spoil all bodies of its kind."""
    return zlib.crc32(sample).to_bytes(_SEAL_BYTES, "big") + sample


def unseal(stored: bytes) -> bytes:
    """Return a sample that was stored; raises StorageError where it is damaged."""
    sample = bytes(stored[_SEAL_BYTES:])
    if zlib.crc32(sample).to_bytes(_SEAL_BYTES, "big") != bytes(stored[:_SEAL_BYTES]):
        raise damaged("the sample of providers' bodies")
    return sample


def pack_body(
    body: bytes | None, text: str, response_id: str | None, sample: bytes | None = None
) -> bytes | None:
    """Return a body as it is stored beside its answer's text and identifier, as these are stored."""
    if not body:
        return body
    known = _known(sample, text, response_id)
    if len(body) + len(known) <= _SMALL_BYTES:
        window, memory = _SMALL_WINDOW, _SMALL_MEMORY
    else:
        window, memory = _LARGE_WINDOW, _LARGE_MEMORY
    deflating = zlib.compressobj(
        _LEVEL, zlib.DEFLATED, window, memory, zlib.Z_DEFAULT_STRATEGY, known
    )
    mark = _BY_SAMPLE if sample else _BY_WORDS
    packed = mark + deflating.compress(body) + deflating.flush()
    if len(packed) < len(body):
        return packed
    return _PLAIN + body if body.startswith(_MARKS) else body


def unpack_body(
    stored: bytes | None, text: str, response_id: str | None, sample: bytes | None = None
) -> bytes | None:
    """Return a body as it came; raises StorageError where it is damaged."""
    if stored is None:
        return None
    mark, rest = stored[:1], stored[1:]
    if mark in (_BY_WORDS, _BY_SAMPLE):
        if mark == _BY_SAMPLE and not sample:
            raise damaged("a provider's body without its sample")
        return _inflated(rest, _known(sample if mark == _BY_SAMPLE else None, text, response_id))
    return rest if mark == _PLAIN else stored


def _inflated(packed: bytes, known: bytes) -> bytes:
    inflating = zlib.decompressobj(_LARGE_WINDOW, known)
    try:
        body = inflating.decompress(packed) + inflating.flush()
    except zlib.error as error:
        raise damaged(f"a provider's body: {error}") from error
    if not inflating.eof or inflating.unused_data:
        raise damaged("a provider's body is cut")
    return body


def _known(sample: bytes | None, text: str, response_id: str | None) -> bytes:
    return b"".join((sample or _WORDS, (response_id or "").encode(), text.encode()))

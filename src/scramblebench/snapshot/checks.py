"""Two environments held against each other, one fact after the other."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from scramblebench.snapshot import rules
from scramblebench.snapshot.capture import Snapshot
from scramblebench.snapshot.machine import COMPUTING_VARIABLES
from scramblebench.snapshot.rules import Group, Rule


@dataclass(frozen=True, slots=True)
class Check:
    """One fact of both environments; ``rule`` is the kind of difference, None where they agree.

    ``words`` say the difference in a sentence.
    """

    group: Group
    subject: str
    original: Any
    current: Any
    rule: Rule | None = None
    words: str = ""


def all_checks(original: Snapshot, current: Snapshot) -> Iterator[Check]:
    """Yield every fact that at least one of two environments knows."""
    return chain(
        _files(original, current),
        _python(original["python"], current["python"]),
        _packages(original, current),
        _code(original["git"], current["git"]),
        _machine(original, current),
        _settings(original, current),
    )


def _same(group: Group, rule: Rule, subject: str, original: Any, current: Any) -> Iterator[Check]:
    """Yield whether two facts are equal; nothing where neither is known."""
    if original is None and current is None:
        return
    if original is None or current is None:
        when = "not then" if original is None else "not now"
        yield Check(group, subject, original, current, rules.UNKNOWN, f"{subject}: {when} known")
    elif original == current:
        yield Check(group, subject, original, current)
    else:
        words = f"{subject}: {_shown(current)} instead of {_shown(original)}"
        yield Check(group, subject, original, current, rule, words)


def _shown(value: Any) -> str:
    text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
    return text[:200] or "nothing"


def _files(original: Snapshot, current: Snapshot) -> Iterator[Check]:
    before, now = original.get("files"), current.get("files")
    if not isinstance(before, Mapping):
        return
    for name, checksum in before.items():
        if not isinstance(now, Mapping):
            words = f"file {name}: not looked for"
            yield Check(rules.FILES, name, checksum, None, rules.UNKNOWN, words)
            continue
        found = now.get(name)
        what = "is missing" if found is None else "has changed"
        is_same = found == checksum
        rule, words = (None, "") if is_same else (rules.INPUT_FILE, f"file {name} {what}")
        yield Check(rules.FILES, name, checksum, found, rule, words)


def _python(original: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[Check]:
    before, now = str(original.get("version")), str(current.get("version"))
    is_minor = before.split(".")[:2] == now.split(".")[:2]
    rule = rules.PYTHON_PATCH if is_minor else rules.PYTHON_MINOR
    yield from _same(rules.PYTHON, rule, "Python", before, now)
    kinds = original.get("implementation"), current.get("implementation")
    yield from _same(rules.PYTHON, rules.IMPLEMENTATION, "Python implementation", *kinds)


def _packages(original: Snapshot, current: Snapshot) -> Iterator[Check]:
    before, now = original["packages"], current["packages"]
    sources = original["package_sources"], current["package_sources"]
    for name, version in before.items():
        group = rules.RESULT_PACKAGES if name in rules.RESULT_NAMES else rules.OTHER_PACKAGES
        if name not in now:
            rule = _package_rule(name, "missing")
            words = f"{name} {_shown(version)} is not installed"
            yield Check(group, name, version, None, rule, words)
            continue
        rule = _package_rule(name, _step(str(version), str(now[name])))
        yield from _same(group, rule, name, version, now[name])
        commits = [_commit(source.get(name)) for source in sources]
        if all(commits):
            yield from _same(group, rules.PACKAGE_COMMIT, f"commit of {name}", *commits)
    for name, version in now.items():
        if name not in before:
            words = f"{name} {_shown(version)} was not installed"
            yield Check(rules.OTHER_PACKAGES, name, None, version, rules.OTHER_ADDED, words)


def _package_rule(name: str, step: str) -> Rule:
    is_result = name in rules.RESULT_NAMES
    match step:
        case "missing":
            return rules.RESULT_MISSING if is_result else rules.OTHER_MISSING
        case "major":
            return rules.RESULT_MAJOR if is_result else rules.OTHER_MAJOR
        case "minor":
            return rules.RESULT_MINOR if is_result else rules.OTHER_VERSION
        case _:
            return rules.RESULT_PATCH if is_result else rules.OTHER_VERSION


def _step(before: str, now: str) -> str:
    """Return which part of two versions differs first; below 1.0 the second number is the major one."""
    first, second = _release(before), _release(now)
    if first is None or second is None or first[0] != second[0]:
        return "major"
    if first[1] != second[1]:
        return "minor" if first[0] else "major"
    return "patch"


def _release(version: str) -> tuple[int, int] | None:
    found = re.match(r"(?:\d+!)?v?(\d{1,10})(?:\.(\d{1,10}))?", version)
    return None if found is None else (int(found[1]), int(found[2] or 0))


def _commit(source: Any) -> Any:
    return source.get("commit") if isinstance(source, Mapping) else None


def _code(original: Mapping[str, Any], current: Mapping[str, Any]) -> Iterator[Check]:
    for key, words, at_commit, is_dirty in (
        ("code", "code of ScrambleBench", rules.CODE_COMMIT, rules.CODE_DIRTY),
        ("project", "folder of the study", rules.PROJECT_COMMIT, rules.PROJECT_DIRTY),
    ):
        states = [
            part if isinstance(part := side.get(key), Mapping) else {}
            for side in (original, current)
        ]
        commits = [state.get("commit") for state in states]
        yield from _same(rules.CODE, at_commit, f"commit of the {words}", *commits)
        before, now = [state.get("is_dirty") for state in states]
        if before is None or now is None:
            continue
        when = " and ".join(name for name, flag in (("then", before), ("now", now)) if flag)
        said = f"{words}: {when} with changes that are in no commit" if when else ""
        subject, rule = f"changes in the {words}", is_dirty if when else None
        yield Check(rules.CODE, subject, before, now, rule, said)


def _machine(original: Snapshot, current: Snapshot) -> Iterator[Check]:
    for section, key, subject, rule in (
        ("platform", "system", "operating system", rules.SYSTEM),
        ("platform", "machine", "architecture", rules.ARCHITECTURE),
        ("platform", "libc", "C library", rules.C_LIBRARY),
        ("platform", "distribution", "distribution", rules.RELEASE),
        ("platform", "release", "kernel", rules.RELEASE),
        ("hardware", "gpus", "GPUs", rules.GPU),
        ("hardware", "cpu", "processor", rules.HARDWARE),
        ("hardware", "n_cores", "cores", rules.HARDWARE),
        ("hardware", "memory_gib", "memory in GiB", rules.HARDWARE),
    ):
        facts = original[section].get(key), current[section].get(key)
        yield from _same(rules.MACHINE, rule, subject, *facts)


def _settings(original: Snapshot, current: Snapshot) -> Iterator[Check]:
    before, now = original["variables"], current["variables"]
    for name in sorted({*before, *now}):
        rule = rules.COMPUTING if name in COMPUTING_VARIABLES else rules.LOCALE
        values = before.get(name, "(not set)"), now.get(name, "(not set)")
        yield from _same(rules.SETTINGS, rule, name, *values)
    for key in sorted({*original["locale"], *current["locale"]}):
        values = original["locale"].get(key), current["locale"].get(key)
        yield from _same(rules.SETTINGS, rules.LOCALE, key.replace("_", " "), *values)
    engines = [_engine(side.get("database")) for side in (original, current)]
    yield from _same(rules.SETTINGS, rules.DATABASE, "database", *engines)


def _engine(told: Any) -> str | None:
    return f"{told.get('dialect')} {told.get('version')}" if isinstance(told, Mapping) else None

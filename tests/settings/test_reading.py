"""The configuration: what loads, and what is refused with which words."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scramblebench.core.errors import ConfigError
from scramblebench.settings import (
    ExperimentSpec,
    load_spec,
    parse_spec,
    spec_from_mapping,
)
from scramblebench.settings.reference import reference
from scramblebench.settings.schema import json_schema

SHARED = Path(os.environ.get("SCRAMBLEBENCH_SHARED", Path(__file__).parents[3] / "shared"))

STUDY = """\
experiment_name: "study"
models:
  - name: "llama3:8b"
    provider: "ollama"
    temperature: 0.0
scrambling:
  levels: [0, 17, 50]
  methods: character_substitution
"""


def test_every_yaml_block_of_the_promise_loads():
    promise = SHARED / "spec" / "README-to-implement.md"
    if not promise.exists():
        pytest.skip("the README to implement is not beside this checkout")
    blocks = re.findall(r"```yaml\n(.*?)```", promise.read_text(), re.DOTALL)
    assert len(blocks) == 6
    for block in blocks:
        parse_spec(block)


def test_values_take_effect():
    spec = parse_spec(STUDY)
    assert spec.experiment_name == "study"
    assert spec.models[0].provider == "ollama"
    assert spec.scrambling.levels == (0, 17, 50)
    assert [m.name for m in spec.scrambling.method_specs] == ["character_substitution"]


def test_a_resolved_specification_reads_back_equal():
    spec = parse_spec(STUDY)
    assert ExperimentSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize(
    "method",
    [
        "letter_shuffle",
        "{name: letter_shuffle}",
        "{name: letter_shuffle, variant: keep_first}",
        "{name: character, alphabet: shared, n_alphabets: 2}",
        "{name: character, preserve_names: true}",
        "{name: mixed, chain: [letter_shuffle, word_shuffle]}",
    ],
)
@pytest.mark.parametrize("form", ["methods: [{}]", "methods: [word, {}]"])
def test_every_form_of_a_method_reads_back_equal(method: str, form: str):
    spec = parse_spec("scrambling:\n  " + form.replace("{}", method))
    assert ExperimentSpec.from_json(spec.to_json()) == spec


def test_thresholds_of_both_places_are_joined():
    spec = parse_spec(
        "tracking:\n  resource_alert_thresholds: {api_calls_per_minute: 100, error_rate: 0.1}\n"
        "monitoring:\n  resource_alert_thresholds: {error_rate: 0.05}\n"
    )
    assert spec.alert_thresholds.api_calls_per_minute == 100
    assert spec.alert_thresholds.error_rate == 0.05


def test_a_mapping_is_read_like_a_file():
    source = spec_from_mapping({"models": [{"name": "m", "provider": "local"}]})
    assert source.spec.models[0].name == "m"


def test_the_model_id_ignores_what_cannot_change_an_answer():
    def model(text: str) -> str:
        return parse_spec(f"models: [{{name: m, provider: ollama, {text}}}]").models[0].id

    assert model("requests_per_minute: 10") == model("label: other, max_concurrent_requests: 3")
    assert model("temperature: 0.5") != model("temperature: 0.6")
    assert model("num_ctx: 4096") != model("num_ctx: 8192")


BAD = {
    "scrambling:\n  levels: [0, 170]": "s.yaml:2: level 170 is not between 0 and 100; did you mean 17?",
    "scrambling:\n  levels: [0, -3]": "s.yaml:2: level -3 is not between 0 and 100",
    "scrambling:\n  levels: [0, 0]": "level 0 is given twice",
    "modles: []": 's.yaml:1: unknown key "modles"; did you mean "models"?',
    "models:\n  - name: x\n    provider: olama": "s.yaml:3: models[0].provider: 'olama' is not known; did you mean ollama?",
    "models:\n  - nam: x\n    provider: ollama": 's.yaml:2: unknown key "nam" in models[0]; did you mean "name"?',
    "models:\n  - provider: ollama": "models[0].name is missing",
    "models:\n  - name: 7\n    provider: local": 'write it in quotes: "7"',
    "models:\n  - {name: m, provider: local}\n  - {name: m, provider: local}": '"m" is listed twice',
    "models:\n  - {name: m, provider: openai, base_url: 'http://me:secret@host'}": "holds a user name or password",
    "models:\n  - {name: m, provider: openai, base_url: 'http://host?key=secret'}": "must end before",
    "models:\n  - {name: m, provider: openai, api_key_env: sk-or-v1-secret}": "not the key itself",
    "models:\n  - {name: m, provider: local, temperature: 3}": "must be at most 2",
    "models:\n  - {name: m, provider: local, max_tokens: 0}": "must be at least 1",
    "levels: [0]": 'unknown key "levels"; it belongs under "scrambling"',
    "a: *b": "aliases (*name) are not allowed",
    "execution:\n  max_concurrent_requests: many": "s.yaml:2: execution.max_concurrent_requests: 'many' should be a valid integer",
    "tracking:\n  auto_retry_failures: yes": "write true or false",
    "- 1": "must be keys and values",
    "a: b: c": "s.yaml:1: mapping values are not allowed here",
    "models:\n\t- x": "indent with spaces",
    "models: []\nmodels: []": 's.yaml:2: key "models" is given twice; first in line 1',
    "benchmarks:\n  x:\n    sample_size: 3": "needs either paths (files) or generated",
    "benchmarks: {}": "benchmarks: names none",
    "scrambling:\n  methods: [{name: a, variat: b}]": 'unknown key "variat" in scrambling.methods[0]; did you mean "variant"?',
    "x: !!python/object:os.system 1": "plain values only",
    "scrambling:\n  random_seed: 1e3": "should be a valid integer",
    "execution:\n  timeout_per_question: 12:30": "should be a valid number",
    "statistical_analysis:\n  confidence_level: 95": "must be at most 0.9999",
    "statistical_analysis:\n  correction_method: bonferoni": "did you mean bonferroni?",
    "export:\n  formats: [exel]": "did you mean excel?",
    "? [1, 2]\n: 3": "a key must be a word",
    "models: " + "[" * 60 + "]" * 60: "nested too deeply",
}


@pytest.mark.parametrize(("text", "words"), BAD.items())
def test_what_is_wrong_is_said_in_one_line_with_place_and_remedy(text: str, words: str):
    with pytest.raises(ConfigError) as caught:
        parse_spec(text, "s.yaml")
    assert words in str(caught.value)
    assert str(caught.value).startswith("s.yaml")
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_numbers_mean_what_they_look_like():
    spec = parse_spec('experiment_name: "x"\nexecution:\n  retry_wait_s: 1e1\n')
    assert spec.execution.retry_wait_s == 10
    with pytest.raises(ConfigError, match="quotes or units"):
        parse_spec("execution:\n  repeats: 012")  # YAML 1.1 would read 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"x" * (1 << 20) + b"y", "larger than 1 MiB"),
        (b"models: \x00", "special characters"),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words):
        load_spec(path)


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path):
    with pytest.raises(ConfigError, match="init"):
        load_spec(tmp_path / "none.yaml")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_mutated_file_is_valid_or_refused_in_one_line(data: st.DataObject):
    text = list(STUDY)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(text) - 1))
        text[position] = data.draw(st.sampled_from(list("\t :-[]{}#&*!|>%@`\"'\n0a\u202e")))
    try:
        parse_spec("".join(text), "s.yaml")
    except ConfigError as error:
        message = str(error)
    else:
        return
    assert message.startswith("s.yaml")
    assert "\n" not in message


def test_the_schema_knows_every_section():
    schema = json_schema()
    for key in ExperimentSpec.model_fields:
        assert f'"{key}"' in schema


def test_the_reference_is_true():
    page = Path(__file__).parents[2] / "docs" / "configuration.md"
    assert page.read_text() == reference(), (
        "python -m scramblebench.settings.reference > docs/configuration.md"
    )


def test_rules_say_more_about_thresholds_and_add_others():
    spec = parse_spec(
        "monitoring:\n"
        "  resource_alert_thresholds: {cpu_percent: 85, error_rate: 0.05}\n"
        "  rules:\n"
        "    - {metric: cpu_percent, window_s: 120, severity: critical}\n"
        "    - {metric: cpu_percent, name: hot, threshold: 99}\n"
        "    - {metric: disk_percent, threshold: 95}\n"
    )
    assert [(r.name, r.threshold, r.severity) for r in spec.alert_rules] == [
        ("cpu_percent", 85, "critical"),
        ("error_rate", 0.05, "warning"),
        ("hot", 99, "warning"),
        ("disk_percent", 95, "warning"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{rules: [{metric: disk_percent}]}", "disk_percent has no threshold; add `threshold:`"),
        (
            "{rules: [{metric: cpu_percent, threshold: 1}, {metric: cpu_percent, threshold: 2}]}",
            '"cpu_percent" is listed twice',
        ),
        ("{rules: [{metric: cpu_precent}]}", "did you mean cpu_percent"),
        ("{targets: {slack: 'slack://s3cr3t/t0ken/x'}}", "slack must name an environment variable"),
    ],
)
def test_alerts_that_cannot_be_are_refused(text: str, words: str):
    with pytest.raises(ConfigError) as caught:
        parse_spec(f"monitoring: {text}\n", "study.yaml")
    assert words in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert str(caught.value).startswith("study.yaml:1: ")

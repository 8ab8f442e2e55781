"""Addresses as people and OLLAMA_HOST write them."""

import pytest

from scramblebench.core.errors import ConfigError
from scramblebench.providers.addresses import checked_base_url, is_loopback, ollama_base_url


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("", "http://127.0.0.1:11434"),
        ("example.org", "http://example.org:11434"),
        ("example.org:8080", "http://example.org:8080"),
        (":8080", "http://127.0.0.1:8080"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:1", "http://127.0.0.1:1"),
        ("[::1]", "http://[::1]:11434"),
        ("[::]:8080", "http://127.0.0.1:8080"),
        ("http://example.org", "http://example.org:80"),
        ("https://example.org", "https://example.org:443"),
        ("https://example.org:8443/ollama/", "https://example.org:8443/ollama"),
    ],
)
def test_ollama_host(host, url):
    assert ollama_base_url(host) == url


def test_an_ollama_host_that_is_none():
    with pytest.raises(ConfigError):
        ollama_base_url("ftp://example.org")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:1/v1", True),
        ("http://127.8.8.8", True),
        ("http://localhost:1", True),
        ("http://[::1]:1", True),
        ("http://127.0.0.1.evil.com", False),
        ("http://localhost.evil.com", False),
        ("https://openrouter.ai", False),
        ("http://10.0.0.1", False),
    ],
)
def test_loopback(url, expected):
    assert is_loopback(url) is expected


def test_a_url_with_a_password_is_refused_without_repeating_it():
    with pytest.raises(ConfigError) as caught:
        checked_base_url("https://user:hunter2@example.org")
    assert "hunter2" not in str(caught.value)

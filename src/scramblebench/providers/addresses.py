"""Where providers listen."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from scramblebench.core.errors import ConfigError
from scramblebench.settings.addresses import base_url_fault

OLLAMA_PORT = 11434


def checked_base_url(base_url: str) -> str:
    """Return the URL without a slash at its end; raise ConfigError where it is not one to send to."""
    fault = base_url_fault(base_url)
    if fault is not None:
        raise ConfigError(fault)
    return base_url.rstrip("/")


def is_loopback(base_url: str) -> bool:
    """Whether the URL leads to this machine."""
    host = urlsplit(base_url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def ollama_base_url(host: str) -> str:
    """Return the URL of an ``OLLAMA_HOST`` as Ollama reads it: "0.0.0.0", ":8080", "https://a.b".

    Without a port it is 11434, with a scheme that scheme's; an address that means "listen on all" is
    reached at 127.0.0.1.
    """
    text = host.strip().rstrip("/")
    if not text:
        return f"http://127.0.0.1:{OLLAMA_PORT}"
    if "://" in text:
        scheme, _, rest = text.partition("://")
        port = {"http": 80, "https": 443}.get(scheme, OLLAMA_PORT)
    else:
        scheme, rest, port = "http", text, OLLAMA_PORT
    address = checked_base_url(f"{scheme}://{_with_port(rest, port)}")
    for everywhere in ("0.0.0.0", "[::]"):  # noqa: S104 - recognised, not bound
        address = address.replace(f"//{everywhere}:", "//127.0.0.1:")
    return address


def _with_port(rest: str, default_port: int) -> str:
    host, slash, path = rest.partition("/")
    if host.startswith(":"):
        host = f"127.0.0.1{host}"
    if ":" not in host.rpartition("]")[2]:
        host = f"{host}:{default_port}"
    return f"{host}{slash}{path}"

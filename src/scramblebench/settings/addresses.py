"""Which addresses a request may be sent to."""

from urllib.parse import urlsplit


def base_url_fault(base_url: str) -> str | None:
    """Return what is wrong with a base_url, None where nothing is; a password is not repeated."""
    try:
        parts = urlsplit(base_url)
        is_usable = parts.scheme in ("http", "https") and parts.port != 0
        is_usable &= bool((parts.hostname or "").encode("idna"))
    except ValueError:
        is_usable = False
        parts = urlsplit("")
    if parts.username is not None or parts.password is not None or "@" in base_url:
        return "base_url holds a user name or password; name the key's api_key_env instead"
    if "?" in base_url or "#" in base_url:
        return "base_url must end before '?' and '#'; a key belongs into api_key_env"
    if not is_usable:
        return f"base_url {base_url!r} is not an http:// or https:// address"
    return None

"""Adapters."""

from collections.abc import Mapping

ADAPTERS: Mapping[str, object] = {}
NOT_COMPUTED: Mapping[str, Mapping[str, str]] = {}

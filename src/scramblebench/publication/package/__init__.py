"""Packages that check themselves: filled, sealed by a manifest, archived with the same bytes each time, checked."""

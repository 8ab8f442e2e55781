"""Tests of the room scrambling."""

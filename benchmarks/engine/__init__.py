"""The engine's speed beside bare loops and other clients: ratios in one run."""

"""YAML to a checked, resolved experiment specification."""

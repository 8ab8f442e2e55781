"""The public test kit: what the suite of ScrambleBench itself is built on."""

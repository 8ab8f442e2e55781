"""What is seen while experiments run: progress, history, runners, alerts. Reads counters, never responses.

Begin with ``progress``. Names are imported from their modules, so that a command that only looks loads little.
"""

"""Looking as answers come: intervals and decisions that hold at every look."""

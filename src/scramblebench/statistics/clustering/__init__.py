"""What questions that share a source do to a mean: cluster errors, strata, repeats, ratios of means."""

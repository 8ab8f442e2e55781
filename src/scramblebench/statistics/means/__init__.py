"""Means, ranks and variances, effect sizes, and p-values adjusted within a family."""

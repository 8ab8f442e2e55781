"""Our methods beside the reference cases that were computed in R."""

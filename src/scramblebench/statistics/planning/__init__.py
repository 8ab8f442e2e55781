"""Before anything is asked: power, sample sizes, detectable differences, whole designs by simulation."""

"""Calibration: do 95 % intervals hold the truth in 95 % of simulated experiments, tests at 5 % reject in 5 %?"""

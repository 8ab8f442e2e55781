"""Shares of right answers: intervals of one, differences of two on the same items or on others."""

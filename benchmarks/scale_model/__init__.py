"""What 10^6 to 10^9 responses need: measured costs, a simulation that they feed, and the tables of scale.md."""

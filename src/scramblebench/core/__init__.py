"""The words everything else is said in: values, states, hashes, time and errors. No I/O."""

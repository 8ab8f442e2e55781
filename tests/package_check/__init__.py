"""``make package-check``: a package on a machine that has never seen the experiment."""

"""One of several writers: ``URL EXPERIMENT FIRST N_BATCHES SIZE``; prints when it began and ended."""

import json
import sys
import time

from benchmarks.scale_model.measuring import write_batches

if __name__ == "__main__":
    url, experiment_id, *numbers = sys.argv[1:]
    first, n_batches, size = map(int, numbers)
    times_s = write_batches(url, experiment_id, first, n_batches, size, is_new=False)
    end_s = time.monotonic()
    print(json.dumps([end_s - sum(times_s), end_s]))

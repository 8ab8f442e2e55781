"""What the machine is doing: CPU, memory, disk, network, this process, and GPUs where there are any."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from scramblebench.core.clock import Clock


class SystemMeter:
    """Reads the machine; rates are of the time since the reading before, and missing in the first."""

    def __init__(self, clock: Clock, data_path: Path) -> None:
        self._clock = clock
        self._path = data_path
        self._process = psutil.Process()
        self._gpus = _open_gpus()
        self._network: tuple[float, int, int] | None = None
        psutil.cpu_percent(None)  # the first call of each has nothing to compare with
        self._process.cpu_percent(None)

    def read(self) -> dict[str, float]:
        """Return numbers by name; what cannot be read on this system is left out.

        cpu_percent and memory_percent of the machine (0 to 100), disk_percent and disk_free_gb of where the
        data are, sent_bytes_per_s, received_bytes_per_s, runner_cpu_percent (100 is one core),
        runner_memory_mb, gpu0_percent, gpu0_memory_percent.
        """
        memory = psutil.virtual_memory()
        values = {
            "cpu_percent": psutil.cpu_percent(None),
            "memory_percent": float(memory.percent),
            "memory_used_gb": (memory.total - memory.available) / 1e9,
        }
        with suppress(OSError):
            disk = psutil.disk_usage(str(self._path))
            values |= {"disk_percent": float(disk.percent), "disk_free_gb": disk.free / 1e9}
        with suppress(psutil.Error):
            values["runner_cpu_percent"] = self._process.cpu_percent(None)
            values["runner_memory_mb"] = self._process.memory_info().rss / 1e6
        return values | self._network_rates() | self._gpu_loads()

    def _network_rates(self) -> dict[str, float]:
        try:
            counters: Any = psutil.net_io_counters()
        except OSError:
            return {}
        if counters is None:
            return {}
        now = (self._clock.monotonic_s(), int(counters.bytes_sent), int(counters.bytes_recv))
        before, self._network = self._network, now
        if before is None or now[0] <= before[0]:
            return {}
        seconds = now[0] - before[0]
        sent, received = now[1] - before[1], now[2] - before[2]
        return {
            "sent_bytes_per_s": max(0, sent) / seconds,
            "received_bytes_per_s": max(0, received) / seconds,
        }

    def _gpu_loads(self) -> dict[str, float]:
        values: dict[str, float] = {}
        for index, (nvml, handle) in enumerate(self._gpus):
            with suppress(nvml.NVMLError):
                values[f"gpu{index}_percent"] = float(
                    nvml.nvmlDeviceGetUtilizationRates(handle).gpu
                )
                memory = nvml.nvmlDeviceGetMemoryInfo(handle)
                values[f"gpu{index}_memory_percent"] = 100 * memory.used / memory.total
        return values


def _open_gpus() -> list[tuple[Any, Any]]:
    """Return the NVIDIA GPUs that can be asked; none without the extra, a driver or a GPU."""
    try:
        import pynvml  # pyright: ignore[reportMissingImports]
    except ImportError:
        return []
    nvml: Any = pynvml
    try:
        nvml.nvmlInit()
        return [
            (nvml, nvml.nvmlDeviceGetHandleByIndex(i)) for i in range(nvml.nvmlDeviceGetCount())
        ]
    except nvml.NVMLError:
        return []

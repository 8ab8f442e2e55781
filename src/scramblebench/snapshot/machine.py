"""What runs the experiment: interpreter, system, hardware, and the settings that affect results.

Everything is asked for by name, and what is asked for is only kept where it looks like what it should be.
"""

import locale
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

_TIMEOUT_S = 2.0
_MOST_CHARS = 120

_NUMBER = r"\d{1,10}"
_NUMBERS = r"\d{1,6}(,\d{1,6}){0,15}"
_DEVICES = r"(-1|\d{1,3}|(GPU|MIG)-[0-9a-f-]{1,40})?(,(\d{1,3}|(GPU|MIG)-[0-9a-f-]{1,40})){0,63}"
_LOCALE = r"(C|POSIX|[a-z]{2,3}(_[A-Z]{2})?)(\.[A-Za-z]{1,5}-?\d{0,5}(-\d{1,2})?)?(@[a-z]{1,10})?"
_ZONE = r":?([A-Z][A-Za-z_]{1,15}(/[A-Z][A-Za-z_-]{1,20}){0,2}|[A-Z]{3,4}[+-]?\d{0,2}([A-Z]{3,4})?)"

COMPUTING_VARIABLES: Mapping[str, str] = {
    "BLIS_NUM_THREADS": _NUMBER,
    "CUBLAS_WORKSPACE_CONFIG": r"(:\d{1,6}:\d{1,3}){1,4}",
    "CUDA_VISIBLE_DEVICES": _DEVICES,
    "HIP_VISIBLE_DEVICES": _DEVICES,
    "MKL_CBWR": r"[A-Z0-9_]{1,20}(,STRICT)?",
    "MKL_NUM_THREADS": _NUMBER,
    "NUMEXPR_NUM_THREADS": _NUMBER,
    "OMP_NUM_THREADS": _NUMBERS,
    "OPENBLAS_CORETYPE": r"[A-Za-z0-9]{1,20}",
    "OPENBLAS_NUM_THREADS": _NUMBER,
    "PYTHONHASHSEED": rf"random|{_NUMBER}",
    "PYTHONOPTIMIZE": _NUMBER,
    "SOURCE_DATE_EPOCH": _NUMBER,
    "VECLIB_MAXIMUM_THREADS": _NUMBER,
}
LOCALE_VARIABLES: Mapping[str, str] = {
    "LANG": _LOCALE,
    "LC_ALL": _LOCALE,
    "LC_CTYPE": _LOCALE,
    "LC_NUMERIC": _LOCALE,
    "TZ": _ZONE,
}
"""The only environment variables that are ever read, with the form that a value must have to be kept."""


def variables(environment: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables that affect results; None for one whose value has no form that is kept."""
    kept: dict[str, str | None] = {}
    for name, form in {**COMPUTING_VARIABLES, **LOCALE_VARIABLES}.items():
        value = environment.get(name)
        if value is not None:
            kept[name] = value if re.fullmatch(form, value) else None
    return kept


def python_facts() -> dict[str, str]:
    """Return which Python this is."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "build": " ".join((*platform.python_build(), platform.python_compiler()))[:_MOST_CHARS],
        "executable": Path(sys.executable).name,
    }


def platform_facts() -> dict[str, str | None]:
    """Return which system this is; never its name in the network."""
    distribution: dict[str, str] = {}
    with suppress(OSError):
        distribution = platform.freedesktop_os_release()
    words = (distribution.get("ID", ""), distribution.get("VERSION_ID", ""))
    return {
        "system": platform.system(),
        "distribution": " ".join(filter(None, words))[:_MOST_CHARS] or None,
        "release": platform.release(),
        "machine": platform.machine(),
        "libc": " ".join(filter(None, platform.libc_ver())) or None,
    }


def hardware_facts() -> dict[str, Any]:
    """Return processor, cores, memory in GiB, and the names of GPUs where they can be asked."""
    import psutil  # a hundredth of a CPU second

    return {
        "cpu": _processor(),
        "n_cores": os.cpu_count(),
        "n_physical_cores": psutil.cpu_count(logical=False),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "gpus": _gpus(),
    }


def locale_facts() -> dict[str, Any]:
    """Return encodings and the names of the time zone."""
    zones = [name for name in time.tzname if re.fullmatch(r"[A-Z]{1,5}|[+-]\d{2,4}", name)]
    return {
        "file_system_encoding": sys.getfilesystemencoding(),
        "preferred_encoding": locale.getpreferredencoding(False),
        "time_zones": list(dict.fromkeys(zones)),
    }


def _processor() -> str | None:
    name = ""
    if sys.platform == "linux":
        with suppress(OSError, UnicodeDecodeError):
            name = _model_name(Path("/proc/cpuinfo").read_text("utf-8"))
    elif sys.platform == "darwin":
        name = _output("/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string")
    return " ".join((name or platform.processor()).split())[:_MOST_CHARS] or None


def _model_name(cpuinfo: str) -> str:
    for line in cpuinfo.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return value
    return ""


def _output(*words: str) -> str:
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def _gpus() -> list[str] | None:
    """Return the names of NVIDIA GPUs with the driver's version; None where they cannot be asked."""
    try:
        import pynvml  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    nvml: Any = pynvml
    try:
        nvml.nvmlInit()
    except nvml.NVMLError:
        return None
    try:
        driver = _text(nvml.nvmlSystemGetDriverVersion())
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        return [f"{_text(nvml.nvmlDeviceGetName(h))}, driver {driver}" for h in handles]
    except nvml.NVMLError:
        return None
    finally:
        nvml.nvmlShutdown()


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

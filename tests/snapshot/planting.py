"""Secrets planted wherever a program could stumble on them: in its environment, folder, repository, packages."""

import base64
import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

import scramblebench
from tests.snapshot.environments import COMMIT, make_repository, run_git

ROOT = Path(__file__).parents[2]
NAMES = (
    "environment", "argument", "remote", "vcs_url", "index_url", "database_url", "header",
    "query_string", "configuration", "traceback", "netrc", "git_config", "folder", "proxy",
    "base64", "percent", "branch", "user", "version", "listed_variable",
)  # fmt: skip
SECRETS = {name: f"Zq{number:02}x{name[:3]}K7vW" for number, name in enumerate(NAMES)}
_SPECIAL = {"percent": "p@ss/w:rd+Zq15=K7", "base64": "user:Zq14b64K7vW!"}


def plant_folder(home: Path) -> Path:
    """Make the folder of a study with secrets around and in it; return it."""
    (home / ".netrc").write_text(f"machine h login adalov17 password {SECRETS['netrc']}\n")
    (home / ".pip").mkdir()
    (home / ".pip" / "pip.conf").write_text(
        f"[global]\nindex-url = https://u:{SECRETS['index_url']}@host.example/simple\n"
    )
    (home / ".gitconfig").write_text(
        f"[user]\n\tname = {SECRETS['user']}\n[http]\n\textraheader = X: {SECRETS['git_config']}\n"
    )
    folder = make_repository(home / f"study-{SECRETS['folder']}")
    (folder / "lab.yaml").write_text(f"key: {SECRETS['configuration']}\n")
    (folder / "data.jsonl").write_text('{"question": "1+1?", "answer": "2"}\n')
    url = (
        f"https://adalov17:{SECRETS['remote']}@host.example/lab/s.git?key={SECRETS['query_string']}"
    )
    run_git(folder, "remote", "add", "origin", url)
    run_git(folder, "config", "http.extraheader", f"Authorization: {SECRETS['git_config']}")
    run_git(folder, "checkout", "-q", "-b", f"adalov17/{SECRETS['branch']}")
    _plant_package(
        home / "packages", "vcs-lab", "1.0", {
            "url": f"https://{SECRETS['vcs_url']}@host.example/lab/p.git?k={SECRETS['query_string']}",
            "vcs_info": {
                "vcs": "git", "commit_id": COMMIT, "requested_revision": SECRETS["branch"],
            },
        },
    )  # fmt: skip
    _plant_package(home / "packages", "odd-lab", f"1.0 {SECRETS['version']}", {"url": ""})
    return folder


def _plant_package(folder: Path, name: str, version: str, direct_url: dict[str, Any]) -> None:
    place = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    place.mkdir(parents=True)
    (place / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (place / "direct_url.json").write_text(json.dumps(direct_url))


def plant_environment(home: Path) -> dict[str, str]:
    """Return the variables of a process full of secrets."""
    source = str(Path(scramblebench.__file__).parents[1])
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "PYTHONPATH": f"{source}:{home / 'packages'}",
        "USER": SECRETS["user"],
        "LOGNAME": SECRETS["user"],
        "LAB_API_KEY": SECRETS["environment"],
        "HTTP_AUTHORIZATION": f"Bearer {SECRETS['header']}",
        "PIP_INDEX_URL": f"https://u:{SECRETS['index_url']}@host.example/simple",
        "DATABASE_URL": f"postgresql://u:{SECRETS['database_url']}@host.example/lab",
        "SECOND_URL": f"postgresql://u:{quote(_SPECIAL['percent'], safe='')}@host.example/lab",
        "BASIC": base64.b64encode(_SPECIAL["base64"].encode()).decode(),
        "HTTPS_PROXY": f"http://u:{SECRETS['proxy']}@proxy.example:3128",
        "OMP_NUM_THREADS": SECRETS["listed_variable"],
        "LANG": SECRETS["listed_variable"],
        "CUDA_VISIBLE_DEVICES": SECRETS["listed_variable"],
        "PYTHONHASHSEED": "0",
    }


def forms(secret: str) -> set[str]:
    """Return a secret as it is, percent-encoded, in hexadecimal, and within any base64."""
    raw = secret.encode()
    inner = {base64.b64encode(b"x" * shift + raw).decode().rstrip("=")[4:-3] for shift in range(3)}
    return {
        secret,
        quote(secret, safe=""),
        raw.hex(),
        *inner,
        *(i.replace("+", "-") for i in inner),
    }


def planted() -> dict[str, str]:
    """Return all secrets by where they are planted."""
    return {**SECRETS, **_SPECIAL}

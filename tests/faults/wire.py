"""F11, F12: a network between runner and provider that loses, delays, cuts, doubles and garbles."""

import os
from functools import partial

from tests.faults.matrix import SQLITE, Skipped, fault
from tests.faults.namespaces import enter, lossy_namespace
from tests.faults.proxies import start_proxy, through
from tests.faults.stage import Stage, study

KINDS = (
    "latency:1..5=0.15",
    "reset:0=0.2",
    "reset:40=0.2",
    "reset:400=0.2",
    "reset-request:100=0.2",
    "half-open=0.15",
    "silence=0.15",
    "reorder:0.5=0.3",
    "trickle:1=0.15",
    "truncate:300=0.2",
    "garbage:250=0.2",
    "duplicate=0.3",
)
_N_QUESTIONS = 15
_TCP_PATIENCE_S = 120
_IDENTIFYING = "@2"  # the first exchanges ask which key and which models there are


@fault("F11", "network faults between runner and provider, 12 kinds", per_commit=12, full=240)
def broken_wire(stage: Stage, run_number: int) -> None:
    kind = KINDS[run_number % len(KINDS)]
    proxy = start_proxy(
        stage, stage.provider.url, [kind + _IDENTIFYING], seed=run_number // len(KINDS)
    )
    stage.create(
        study(_N_QUESTIONS, timeout_per_question=6 if "latency" in kind else 0.7),
        base_url=through(proxy, stage.provider.url_openrouter),
    )
    stage.expect(stage.start(), 0, 3)
    if not proxy.n_struck():
        stage.complain("run", f"{kind} never struck")
    proxy.use()


@fault(
    "F12", "30 % of the packets lost; blackhole for 4 s", per_commit=2, full=20,
    databases=(SQLITE,), needs=("ip", "nft"), completes=False,
)  # fmt: skip
def lost_packets(stage: Stage, run_number: int) -> None:
    if os.geteuid() != 0:
        raise Skipped("network namespaces need root")
    with lossy_namespace() as network:
        proxy = start_proxy(stage, stage.provider.url, listen_host=network.host_address)
        base_url = through(proxy, stage.provider.url_openrouter, network.host_address)
        stage.create(study(_N_QUESTIONS, timeout_per_question=2), base_url=base_url)
        child = stage.start(partial(enter, network))
        stage.wait_for_entries(2 + run_number, child)  # it knows by then which models there are
        if run_number % 2 == 0:
            network.drop("numgen random mod 100 < 30")
        else:
            network.drop()
            child.has_ended(4)
            network.drop_nothing()
        stage.expect(child, 0, 3, timeout_s=_TCP_PATIENCE_S)
        network.drop_nothing()
        stage.complete(partial(enter, network))
        stage.judge()

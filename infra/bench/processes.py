"""CPU time of the processes that this one started and of all others, as Linux tells it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

PROC = Path("/proc")


def cpu_s() -> float:
    """Seconds of all processes below this one, itself left out; 0 where there is no /proc."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        # A process may end while it is looked at.
        with contextlib.suppress(OSError):
            # The name in parentheses may hold anything: what counts stands behind it.
            told = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(told[1])
            ticks[int(folder.name)] = int(told[11]) + int(told[12])
    below = {os.getpid()}
    while True:
        more = {pid for pid, parent in parents.items() if parent in below} - below
        if not more:
            break
        below |= more
    used = sum(ticks.get(pid, 0) for pid in below - {os.getpid()})
    return used / os.sysconf("SC_CLK_TCK")


def elsewhere_s() -> float:
    """CPU seconds of everybody who is neither this process nor below it; 0 without /proc.

    What others take meanwhile is missing to whoever measures times.
    """
    machine = PROC / "stat"
    if not machine.exists():
        return 0.0
    user, nice, system, _, _, *interrupts = map(int, machine.read_text().split("\n")[0].split()[1:])
    # Interrupts, soft ones, and what a hypervisor gave to others; guests are in `user` already.
    busy = user + nice + system + sum(interrupts[:3])
    return busy / os.sysconf("SC_CLK_TCK") - cpu_s() - sum(os.times()[:2])


def used_s(pid: int) -> float:
    """CPU seconds of one process so far; 0 where there is no /proc, or no such process."""
    with contextlib.suppress(OSError):
        told = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0

"""Keeps a child process no longer than the process that started it.

The parent holds the writing end of our standard input and never writes. When the parent ends, in
whatever way (SIGKILL too), the system closes that end and we see the end of file.

    python -m infra.local.leash COMMAND ARGUMENT...    runs a command on such a leash
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable

STOP_TIMEOUT_S = 5


def when_parent_ends(action: Callable[[], None]) -> None:
    def watch() -> None:
        while os.read(0, 4096):
            pass
        action()

    threading.Thread(target=watch, name="leash", daemon=True).start()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Asks first, then ends it; it is gone when this returns."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(command: list[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    when_parent_ends(lambda: stop(process))
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Calls that Ctrl-C can end, though Python handles a signal only between two of its own instructions."""

from __future__ import annotations

import threading
from typing import Callable, List, TypeVar

T = TypeVar("T")


def interruptible(call: Callable[[], T], cancel: Callable[[], None]) -> T:
    """What `call` returns or raises; on Ctrl-C, `cancel` it, wait for its end and pass the interrupt on.

    The main thread, the only one that signals reach, waits for another one that calls. A second Ctrl-C does not wait.
    """
    if threading.current_thread() is not threading.main_thread():
        return call()
    results: List[T] = []
    failures: List[BaseException] = []
    done = threading.Event()
    # Whoever takes it first: an interrupt may come before the thread has begun, which then must not begin at all.
    beginning = threading.Lock()

    def run() -> None:
        if not beginning.acquire(blocking=False):
            return
        try:
            results.append(call())
        except BaseException as failure:
            failures.append(failure)
        finally:
            done.set()

    try:
        threading.Thread(target=run, name="dipkit", daemon=True).start()
        done.wait()
    except BaseException:
        if not beginning.acquire(blocking=False):
            cancel()
            done.wait()
        raise
    if failures:
        raise failures[0]
    return results[0]

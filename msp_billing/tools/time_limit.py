"""An end for code that may never come to one."""

import ctypes
import threading

# Asked again each second, should the code have caught the first.
AGAIN = 1.0


class TimeLimitExceeded(Exception):
    """The code was given up after its time."""


class _Strike(BaseException):
    """What ends the code, raised in its thread: no ``except Exception`` holds it."""


def limited(seconds, call):
    """Return what a call answers, or give it up.

    It ends Python code, not a single call of a library written in C.

    :param float seconds: how long it may take
    :raises TimeLimitExceeded: when it takes longer
    """
    thread, lock, ended = threading.get_ident(), threading.Lock(), threading.Event()

    def watch():
        wait = seconds
        while not ended.wait(wait):
            with lock:
                if not ended.is_set():
                    _raise_in(thread, _Strike)
            wait = AGAIN

    watcher = threading.Thread(target=watch, name="msp_billing.time_limit", daemon=True)
    try:
        try:
            watcher.start()
            return call()
        finally:
            # From here on nobody strikes. What was asked for before is raised at the
            # next call, which is this one: it cannot hit what comes after. (To take it
            # back instead would leave Python 3.11 looking for it at every call.)
            with lock:
                ended.set()
    except _Strike:
        ended.set()
        raise TimeLimitExceeded(f"It took longer than {seconds} seconds.") from None


def _raise_in(thread, exception):
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(exception)
    )

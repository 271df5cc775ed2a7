"""What all processes have in common, known before Django is: they load in one way, and children never outlive their parent."""

import ctypes
import gc
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
MAX_STREAMS = 400  # open pages of one web process


def load() -> None:
    """Set up Django and the rooms.

    What is loaded stays to the end, so the collector looks through it neither while it grows nor later, nor as the process ends: two
    fifths of the time that a short command takes.
    """
    gc.disable()
    import django

    django.setup()
    gc.freeze()
    gc.enable()


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """Ask Linux to send this process a signal when its parent dies, however it dies. Elsewhere this does nothing.

    Call it in the child only: the wish is not inherited. Without it a killed server would leave its workers on the port. A parent that
    died before the wish was heard sends nothing any more: the child sends it to itself.
    """
    parent = os.environ.get("LINLI_PARENT")
    if sys.platform == "linux" and parent:
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != int(parent):
            os.kill(os.getpid(), number)

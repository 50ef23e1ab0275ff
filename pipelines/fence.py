"""A verb fenced in: where a library loses itself, or crashes, in a file of a stranger's, it ends with a line.

HDF5 can loop for ever in a crafted file, with the interpreter lock held: nothing in the process can end it,
and no line be printed there. So the verb goes on in a child process, in which a thread says every second that
the interpreter lives; the parent waits, and ends it when that has not been heard for a minute.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time

SILENT_SECONDS = 60.0
_BEAT_SECONDS = 1.0
_LOOKS = 6  # after a pause (Ctrl-Z, a laptop closed) there is time to be heard before the next one


def fence(verb: str) -> None:
    """Return in a child process, for the verb to go on; the caller's own waits, and exits as the child does.

    Does nothing where processes cannot be forked (Windows). Call it before libraries and threads are there.
    """
    if not hasattr(os, "fork"):
        return
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(heard)
        threading.Thread(target=_beat, args=(said,), name="seqfer-fence", daemon=True).start()
        return
    os.close(said)
    sys.exit(_exit_code(verb, child, heard))


def _beat(said: int) -> None:
    while True:
        try:
            os.write(said, b".")
        except OSError:  # nobody waits any more: killed
            os._exit(1)
        time.sleep(_BEAT_SECONDS)


def _exit_code(verb: str, child: int, heard: int) -> int:
    """Of the child, when it has ended or was made to."""
    silent, wait = 0, SILENT_SECONDS / _LOOKS
    interrupted = ended = False
    while silent < _LOOKS and not ended:
        try:
            if not select.select([heard], [], [], wait)[0]:
                silent += 1
            elif os.read(heard, 4096):
                silent = 0
            else:
                ended = True
        except KeyboardInterrupt:  # the child has heard that, too, and says so unless it is lost
            interrupted, silent, wait = True, _LOOKS - 1, 2 * _BEAT_SECONDS
    if not ended:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code >= 0:
        return code
    if ended:
        reason = f"crashed ({signal.Signals(-code).name}), as over a damaged file"
    elif interrupted:
        reason = "interrupted"
    else:
        reason = f"given up after no sign of life for {SILENT_SECONDS:g} s: "
        reason += "a damaged file, or a disk that does not answer"
    print(f"seqfer {verb}: {reason}", file=sys.stderr)
    return 130 if interrupted and not ended else 1

"""``seqfer VERB …``: finds the verb's module and runs it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from seqfer.errors import SeqferError

#: Every verb, in the order of use: the module that does it, and what it does.
VERBS = {
    "demo": ("demo", "make sample videos and run the whole way on them"),
    "run": ("run", "videos to timelines: extract, predict, export"),
    "extract": ("extract", "videos to aligned face tracks (HDF5)"),
    "predict": ("predict", "face tracks to per-frame probabilities"),
    "export": ("export", "probabilities to timelines: tables, ELAN, Praat, subtitles"),
    "import-labels": ("import_labels", "corrected ELAN files back to labels for training"),
    "plot": ("plot", "figures for papers: timelines, transitions, onsets"),
    "report": ("report", "timelines to pages to look at (HTML)"),
    "persons": ("persons", "find out which face tracks show the same person"),
    "forget": ("forget", "remove all that a run holds of a video or a person"),
    "train": ("train", "fit a model on face tracks and a table of labels"),
    "inspect": ("inspect", "say what is in a run's folder or in one file of it"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb.

    Returns:
        0 all well, 1 some input failed (the rest is done), 2 wrong usage, 130 interrupted.
    """
    args = list(sys.argv[1:] if argv is None else argv)
    if "--offline" in args:
        args.remove("--offline")
        os.environ["SEQFER_OFFLINE"] = "1"  # workers inherit it
    if not args or args[0] in ("-h", "--help", "help"):
        print(usage())
        return 0 if args else 2
    if args[0] in ("-V", "--version"):
        print(f"seqfer {version('seqfer')}")
        return 0
    verb = args.pop(0)
    if verb not in VERBS:
        print(f"seqfer: unknown verb {verb!r}; there are {', '.join(VERBS)}", file=sys.stderr)
        return 2
    # One thread for each native library: workers share the machine by processes, and a second
    # thread beside a busy neighbour costs more than it brings. Read when the libraries load.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")  # not its remarks on its own engine
    # A picture's header may claim anything; read when OpenCV loads.
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(16384**2))
    try:
        module = importlib.import_module(f".{VERBS[verb][0]}", __package__)
        return module.main(args)
    except SeqferError as error:
        print(f"seqfer {verb}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nseqfer {verb}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # ``seqfer … | head``
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def usage() -> str:
    """The overview that ``seqfer --help`` prints."""
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:<{width}}  {text}" for name, (_, text) in VERBS.items())
    return (
        "usage: seqfer VERB [options]\n\nvideo in, emotion timelines out, at batch scale\n\n"
        f"{verbs}\n\nseqfer VERB --help tells more; start with: seqfer demo\n"
        "--offline, with any verb: fetch nothing from the network"
    )


if __name__ == "__main__":
    sys.exit(main())

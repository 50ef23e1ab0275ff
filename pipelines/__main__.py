"""``seqfer VERB …``: finds the verb's module and runs it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from seqfer.errors import SeqferError

from .fence import fence

_GROUPS = {
    "see what it does": {
        "demo": ("demo", "make sample videos and run the whole way on them"),
    },
    "videos to timelines": {
        "run": ("run", "videos to timelines: extract, predict, export"),
        "extract": ("extract", "videos to aligned face tracks (HDF5)"),
        "predict": ("predict", "face tracks to per-frame probabilities"),
        "export": ("export", "probabilities to timelines: tables, ELAN, Praat, subtitles"),
        "persons": ("persons", "find out which face tracks show the same person"),
        "forget": ("forget", "remove all that a run holds of a video or a person"),
    },
    "look at the results": {
        "inspect": ("inspect", "say what is in a run's folder or in one file of it"),
        "report": ("report", "timelines to pages to look at (HTML)"),
        "plot": ("plot", "figures for papers: timelines, transitions, onsets"),
    },
    "train on your own data": {
        "import": ("importing", "data sets as downloaded to face tracks and one table of labels"),
        "import-labels": ("import_labels", "corrected ELAN files back to labels for training"),
        "audit": ("audit", "what is in a data set: balance, heads, light, leakage"),
        "train": ("train", "fit a model on face tracks and a table of labels"),
        "evaluate": ("evaluate", "does it hold for people never seen? scores by people left out"),
    },
    "your shell": {
        "completion": ("completion", "a script for your shell, to complete all this"),
    },
}
_FENCED = frozenset({"inspect", "report", "plot"})  # they read files of others in the process of the command
#: Every verb, in the order of use: the module that does it, and what it does.
VERBS = {name: verb for group in _GROUPS.values() for name, verb in group.items()}

_EXAMPLES = """
a first hour:
  seqfer demo                                     sample videos, and what was found in them
  seqfer run my_videos -o results --to csv,eaf    timelines as tables, and for ELAN
  seqfer inspect results                          what came of each video
  seqfer report results                           pages to look at them: results/report.html
  seqfer plot results/clip.json -o clip.svg       one of them as a figure
  seqfer import-labels results -o labels.csv      what you corrected in ELAN, to train on

seqfer VERB --help tells more, with examples. A second run does only what is missing.
--offline, with any verb: fetch nothing from the network."""


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
        from .options import meant

        there = meant(verb, VERBS) or f"; there are {', '.join(VERBS)}"
        print(f"seqfer: unknown verb {verb!r}{there}", file=sys.stderr)
        return 2
    if argv is None and verb in _FENCED:
        fence(verb)
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
    lines = ["usage: seqfer VERB [options]", "", "video in, emotion timelines out, at batch scale"]
    for title, group in _GROUPS.items():
        lines += ["", f"{title}:", *(f"  {name:<{width}}  {text}" for name, (_, text) in group.items())]
    return "\n".join(lines) + f"\n{_EXAMPLES}"


if __name__ == "__main__":
    sys.exit(main())

"""What the verbs' command lines have in common."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jsonargparse import ActionConfigFile, ArgumentParser


@dataclass(frozen=True, kw_only=True)
class ClusterConfig:
    """Where the work is done.

    Attributes:
        workers: processes on this machine; one per core where not given.
        scheduler: address of a Dask cluster that is already there (tcp://host:8786) to use instead.
    """

    workers: int | None = None
    scheduler: str | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")


def verb_parser(verb: str, description: str, epilog: str = "") -> ArgumentParser:
    """A parser with ``--config`` that prints errors in one line and exits with 2."""
    parser = ArgumentParser(prog=f"seqfer {verb}", description=description, epilog=epilog)
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of the options below")
    return parser


def add_cluster(parser: ArgumentParser) -> None:
    """``--cluster.workers`` and the like, and ``--quiet``."""
    parser.add_argument("--cluster", type=ClusterConfig, default=ClusterConfig(), help="where the work is done")
    parser.add_argument("--quiet", action="store_true", help="no progress, no table; errors and exit code only")


def add_videos(parser: ArgumentParser) -> None:
    """``VIDEOS… -o OUT``."""
    parser.add_argument(
        "videos",
        nargs="+",
        type=str,
        help="video files, folders (searched through), patterns, or folders of numbered still frames",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")

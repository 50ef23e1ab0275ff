"""What the verbs' command lines have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from jsonargparse import ActionConfigFile, ArgumentParser, DefaultHelpFormatter, Namespace

from .cluster_config import KINDS, ClusterConfig


class _HelpFormatter(DefaultHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of examples as they are."""


class VerbParser(ArgumentParser):
    """A parser that says what is wrong in one line and exits with 2: the usage would bury it."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print ``message`` on one line, and exit."""
        print(f"{self.prog}: {' '.join(message.split())} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


def verb_parser(verb: str, description: str, epilog: str = "") -> ArgumentParser:
    """The parser of a verb, with ``--config``; examples go in ``epilog``."""
    parser = VerbParser(
        prog=f"seqfer {verb}", description=description, epilog=epilog, formatter_class=_HelpFormatter
    )
    parser.add_argument("--config", action=ActionConfigFile, help="YAML file with any of the options below")
    return parser


def parsed(parser: ArgumentParser, argv: Sequence[str]) -> Namespace:
    """The options as objects; settings that refuse their values end in the parser's one line."""
    args = parser.parse_args(_spelled_out(argv))
    try:
        return parser.instantiate(args)
    except ValueError as error:
        parser.error(str(error))


def _spelled_out(argv: Sequence[str]) -> list[str]:
    """The short forms ``--cluster slurm``, ``--scheduler ADDRESS`` and ``--scheduler-file FILE`` in full."""
    args = list(argv)
    for n, (arg, following) in enumerate(zip(args, [*args, ""][1:], strict=True)):
        name, equals, value = arg.partition("=")
        if name == "--cluster" and (value if equals else following) in KINDS:
            args[n] = f"--cluster.kind{equals}{value}"
        elif name in ("--scheduler", "--scheduler-file"):
            args[n] = f"--cluster.{name[2:].replace('-', '_')}{equals}{value}"
    return args


def add_cluster(parser: ArgumentParser) -> None:
    """``--cluster.workers`` and the like, and ``--quiet``."""
    parser.add_argument(
        "--cluster",
        type=ClusterConfig,
        default=ClusterConfig(),
        help="where the work is done; short: --cluster slurm, --scheduler ADDRESS, --scheduler-file FILE",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress, no table; errors and exit code only"
    )


def add_videos(parser: ArgumentParser) -> None:
    """``VIDEOS… -o OUT``."""
    parser.add_argument(
        "videos",
        nargs="+",
        type=str,
        help="video files, folders (searched through), patterns, or folders of numbered still frames",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")

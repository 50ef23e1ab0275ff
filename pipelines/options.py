"""What the verbs' command lines have in common."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NoReturn

from jsonargparse import ActionConfigFile, ArgumentParser, DefaultHelpFormatter, Namespace
from jsonargparse.typing import register_type

from seqfer.export import FORMATS, ExportConfig
from seqfer.measures import SynchronyConfig

from .cluster_config import KINDS, ClusterConfig


class _HelpFormatter(DefaultHelpFormatter, argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of examples as they are."""


class Words(tuple[str, ...]):
    """Words with commas between, on the command line; a list of them in a YAML file."""

    def __new__(cls, value: str | Iterable[object] = ()) -> Words:
        given = value.split(",") if isinstance(value, str) else value
        return super().__new__(cls, (word for word in (str(w).strip() for w in given) if word))


register_type(Words, serializer=list, deserializer=Words)


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
    try:
        args = parser.parse_args(_spelled_out(argv))
    except (UnicodeDecodeError, RecursionError) as error:  # of a file that is no YAML
        parser.error(f"a configuration file cannot be read ({error})")
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
        elif arg == "--no-crops":
            args[n] = "--keep_crops=false"
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


def add_export(parser: ArgumentParser) -> None:
    """``--to``, ``--min-duration`` and ``--person``; see :func:`export_config`."""
    parser.add_argument(
        "--to",
        type=Words,
        default=Words("csv"),
        metavar="FORMAT,…",
        help="what to write beside the JSON: "
        + "; ".join(f"{n}: {f.description}" for n, f in FORMATS.items()),
    )
    parser.add_argument(
        "--min-duration", type=float, default=0.0, metavar="SECONDS", help="leave out shorter segments"
    )
    parser.add_argument(
        "--person",
        type=Words,
        default=Words(),
        metavar="NAME,…",
        help="only these: person_ids (p001), or numbers of face tracks. The JSON tells of all",
    )
    parser.add_argument("--synchrony", type=SynchronyConfig, default=SynchronyConfig())


def export_config(parser: ArgumentParser, made: Namespace) -> ExportConfig:
    """What the options of :func:`add_export` ask for; exits where they make no sense."""
    try:
        return ExportConfig(
            to=tuple(made.to),
            min_duration_seconds=made.min_duration,
            persons=tuple(made.person),
            synchrony=made.synchrony,
        )
    except ValueError as error:
        parser.error(str(error))


def add_videos(parser: ArgumentParser) -> None:
    """``VIDEOS… -o OUT``."""
    parser.add_argument(
        "videos",
        nargs="+",
        type=str,
        help="video files, folders (searched through), patterns, or folders of numbered still frames",
    )
    parser.add_argument("-o", "--out", type=Path, required=True, help="folder for the results")

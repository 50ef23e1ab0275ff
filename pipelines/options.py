"""What the verbs' command lines have in common."""

from __future__ import annotations

import argparse
import difflib
import math
import re
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
    """Keeps the lines of examples as they are; says of types only what tells a user something."""

    def _get_help_string(self, action: argparse.Action) -> str:
        text = re.sub(r"(, )?type: %\(type\)s", "", super()._get_help_string(action))
        if action.default in (None, False, "", (), math.inf):
            text = text.replace("default: %(default)s", "")
        return text.replace("(, ", "(").replace(", )", ")").replace(" ()", "")


class Words(tuple[str, ...]):
    """Words with commas between, on the command line; a list of them in a YAML file."""

    def __str__(self) -> str:
        return ",".join(self)

    def __new__(cls, value: str | Iterable[object] = ()) -> Words:
        given = value.split(",") if isinstance(value, str) else value
        return super().__new__(cls, (word for word in (str(w).strip() for w in given) if word))


register_type(Words, serializer=list, deserializer=Words)


def meant(word: str, words: Iterable[str]) -> str:
    """``; did you mean …?`` where one of ``words`` is nearly ``word``; else nothing."""
    near = difflib.get_close_matches(word, list(words), n=1, cutoff=0.7)
    return f"; did you mean {near[0]}?" if near else ""


class VerbParser(ArgumentParser):
    """A parser whose help is as long as what is usually wanted, and whose complaints are one line.

    ``--help`` leaves out settings within settings (``--gate.min_sharpness``); ``--help-all`` tells of them.
    """

    def format_help(
        self, formatter: argparse.HelpFormatter | None = None, *, everything: bool = False
    ) -> str:
        """The help text; of all options, or of those that matter first."""
        inner = [a for a in self._actions if any("." in o for o in a.option_strings)]
        groups = [a for a in self._actions if any(i.dest.startswith(f"{a.dest}.") for i in inner)]
        before = [(a, a.help) for a in inner + groups]
        try:
            if not everything:
                for action, _ in before:
                    action.help = argparse.SUPPRESS
            text = super().format_help(formatter)
        finally:
            for action, words in before:
                action.help = words
        if everything or not inner:
            return text
        names = ", ".join(f"--{a.dest}.*" for a in groups if "." not in a.dest)
        return f"{text}\n{self.prog} --help-all tells of {len(inner)} more settings: {names}\n"

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Print ``message`` on one line, with what may have been meant, and exit with 2."""
        complain(self, message)


def complain(parser: ArgumentParser, message: str) -> NoReturn:
    """What :meth:`VerbParser.error` does, for any parser."""
    if "nrecognized arguments" in message:
        word = next((w for w in message.split() if w.startswith("-")), "").partition("=")[0]
        message += meant(word, parser._option_string_actions)
    print(f"{parser.prog}: {' '.join(message.split())} (see {parser.prog} --help)", file=sys.stderr)
    raise SystemExit(2)


class _HelpAll(argparse.Action):
    """``--help-all``: of every setting."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        assert isinstance(parser, VerbParser)
        print(parser.format_help(everything=True))
        raise SystemExit(0)


def verb_parser(verb: str, usage: str, description: str, examples: str = "") -> ArgumentParser:
    """The parser of a verb, with ``--config``.

    Args:
        usage: what must be given, without the verb.
        examples: lines to show before the options, which are long.
    """
    parser = VerbParser(
        prog=f"seqfer {verb}",
        usage=f"seqfer {verb} {usage} [options]",
        description="\n".join(
            [description, *([f"\nexamples:\n{examples.strip(chr(10))}"] if examples else [])]
        ),
        formatter_class=_HelpFormatter,
    )
    parser.add_argument(
        "--help-all", action=_HelpAll, nargs=0, help="show every setting and exit", default=argparse.SUPPRESS
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
    """``--cluster.workers`` and the like, ``--quiet`` and ``--json``."""
    parser.add_argument(
        "--cluster",
        type=ClusterConfig,
        default=ClusterConfig(),
        help="where the work is done; short: --cluster slurm, --scheduler ADDRESS, --scheduler-file FILE",
    )
    parser.add_argument(
        "--quiet", action="store_true", help="no progress, no table; errors and exit code only"
    )
    parser.add_argument(
        "--json", action="store_true", help="for scripts: what became of each video, as JSON; no progress"
    )


def add_export(parser: ArgumentParser) -> None:
    """``--to``, ``--min-duration`` and ``--person``; see :func:`export_config`."""
    parser.add_argument(
        "--to",
        type=Words,
        default=Words("csv"),
        metavar="FORMAT,…",
        help="what to write beside the JSON, of the formats below",
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
    width = max(map(len, FORMATS))
    lines = (f"  {name:<{width}}  <video>{f.suffix:<17} {f.description}" for name, f in FORMATS.items())
    parser.epilog = "\n".join(["formats:", *lines])


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

"""The words a face can be given: emotions (a vocabulary, as data) and temporal phases.

The default vocabulary is the seven-way one of Ekman's six basic emotions and neutral, under the names
that FER2013, FER+ and Cohn-Kanade papers use. Any named subset or extension (``contempt``) is a
:class:`Vocabulary` too; the order of its names is the order of every probability column, and travels
with the weights and with every output.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

NEUTRAL = "neutral"
EMOTIONS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", NEUTRAL)
#: Name of a segment whose emotion is in doubt, where that is asked for; no model's.
UNCERTAIN = "uncertain"
PHASES = ("neutral", "onset", "apex", "offset")
#: Names that label tables may use whatever the vocabulary: where it lacks one, its rows are left out.
KNOWN_EMOTIONS = (*EMOTIONS, "contempt")

_ALIASES = {
    "angry": "anger",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "happy": "happiness",
    "joy": "happiness",
    "sad": "sadness",
    "surprised": "surprise",
    "calm": NEUTRAL,
}


@dataclass(frozen=True)
class Vocabulary:
    """An ordered set of emotion names.

    Raises:
        ValueError: no names, an empty name, or a name twice.

    >>> Vocabulary(("happiness", "neutral")).index("happy")
    0
    """

    names: tuple[str, ...] = EMOTIONS

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        if not self.names or not all(self.names):
            raise ValueError(f"a vocabulary needs at least one name and no empty ones, got {self.names}")
        if len(set(self.names)) != len(self.names):
            raise ValueError(f"a vocabulary names each emotion once, got {self.names}")

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def index(self, name: str) -> int:
        """Column of ``name`` (common adjectives such as ``happy`` are understood).

        Raises:
            ValueError: the name is not in the vocabulary; the message lists what is.
        """
        known = common_name(name, self.names)
        if known not in self.names:
            raise ValueError(f"unknown emotion {name!r}; the vocabulary is {', '.join(self.names)}")
        return self.names.index(known)

    @property
    def neutral_index(self) -> int | None:
        """Column of ``neutral``, or None where the vocabulary has none."""
        return self.names.index(NEUTRAL) if NEUTRAL in self.names else None


def common_name(name: str, names: Sequence[str] = ()) -> str:
    """``name`` in lower case and, unless one of ``names``, with common adjectives made nouns.

    >>> common_name("Happy")
    'happiness'
    """
    name = name.strip().lower()
    return name if name in names else _ALIASES.get(name, name)


def as_vocabulary(names: Vocabulary | Sequence[str] | str) -> Vocabulary:
    """``names`` as a :class:`Vocabulary`; text has its names between commas."""
    if isinstance(names, str):
        names = [name.strip() for name in names.split(",")]
    return names if isinstance(names, Vocabulary) else Vocabulary(tuple(names))

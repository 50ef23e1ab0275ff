"""One colour for each emotion, the same in pages, figures and overlays.

The palette is that of Okabe & Ito (2008, "Color Universal Design"), made to be told apart with any
common kind of colour blindness. Neutral is grey; names beyond the seven take what is left, in a fixed order.
"""

from __future__ import annotations

from .labels import NEUTRAL, UNCERTAIN, Vocabulary

_FIXED = {
    "anger": "#D55E00",  # vermillion
    "disgust": "#009E73",  # bluish green
    "fear": "#CC79A7",  # reddish purple
    "happiness": "#E69F00",  # orange
    "sadness": "#0072B2",  # blue
    "surprise": "#56B4E9",  # sky blue
    NEUTRAL: "#999999",
    UNCERTAIN: "#DDDDDD",
}
_OTHERS = ("#F0E442", "#882255", "#44AA99", "#332288", "#000000")


def colours_of(vocabulary: Vocabulary) -> dict[str, str]:
    """``#rrggbb`` for each name of a vocabulary, in its order; more than five unknown names share colours.

    >>> colours_of(Vocabulary(("happiness", "contempt")))
    {'happiness': '#E69F00', 'contempt': '#F0E442'}
    """
    unknown = [name for name in vocabulary if name not in _FIXED]
    return {name: _FIXED.get(name) or _OTHERS[unknown.index(name) % len(_OTHERS)] for name in vocabulary}

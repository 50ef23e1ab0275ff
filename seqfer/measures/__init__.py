"""What can be counted on timelines: changes, durations, agreement, synchrony (docs/measures.md)."""

from .agreement import Agreement, compare
from .sequences import DWELL_COLUMNS, dwell_times, transition_matrix
from .synchrony import SynchronyConfig, curve_of, synchrony

__all__ = [
    "DWELL_COLUMNS",
    "Agreement",
    "SynchronyConfig",
    "compare",
    "curve_of",
    "dwell_times",
    "synchrony",
    "transition_matrix",
]

"""From per-frame probabilities to segments with onset, apex and offset, less the frames not to believe."""

from .decode import DecodingConfig, decode
from .gate import REASONS, Judgement, QualityGate

__all__ = ["REASONS", "DecodingConfig", "Judgement", "QualityGate", "decode"]

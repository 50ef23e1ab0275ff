"""From per-frame probabilities to segments with onset, apex and offset."""

from .decode import DecodingConfig, decode

__all__ = ["DecodingConfig", "decode"]

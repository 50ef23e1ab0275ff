"""Sample videos with known content, made from one photograph, for demonstrations, tests and benchmarks.

Everything here is synthetic and says so. Nothing is downloaded: the pictures come inside scikit-image.
"""

from .catalogue import Sample, write_portrait, write_samples

__all__ = ["Sample", "write_portrait", "write_samples"]

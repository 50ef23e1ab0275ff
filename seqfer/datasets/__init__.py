"""Data sets as people download them, listed: which clips there are, of whom, and what each shows."""

from .kinds import KINDS, KindName, ListingOptions, list_dataset
from .listing import Clip, Facts, Listing, StillSet
from .tables import label_rows

__all__ = [
    "KINDS",
    "Clip",
    "Facts",
    "KindName",
    "Listing",
    "ListingOptions",
    "StillSet",
    "label_rows",
    "list_dataset",
]

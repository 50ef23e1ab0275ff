"""Whether the data sets of a group are as a table of :class:`seqfer.store.schema.Field` says."""

from __future__ import annotations

import h5py

from .schema import Field


def find_misfit(group: h5py.Group, fields: tuple[Field, ...]) -> str | None:
    """The first data set that is missing, or not as the table says, in words; None if all fit."""
    if not isinstance(group, h5py.Group):
        return f"{getattr(group, 'name', 'something')} is not a group"
    lengths: dict[str, int] = {}
    for field in fields:
        where = f"{group.name}/{field.name}"
        dataset = group.get(field.name)
        if not isinstance(dataset, h5py.Dataset):
            return f"{where} is missing"
        if problem := _not_as_stored(dataset):
            return f"{where} {problem}"
        if dataset.dtype != field.dtype or dataset.ndim != len(field.dims):
            return f"{where} is {dataset.dtype} with {dataset.ndim} axes"
        for dim, length in zip(field.dims, dataset.shape, strict=True):
            if dim == "T+1":
                dim, length = "T", length - 1
            wanted = lengths.setdefault(dim, length) if isinstance(dim, str) else dim
            if length != wanted:
                return f"{where} has shape {dataset.shape}, which does not fit the rest"
    return None


def _not_as_stored(dataset: h5py.Dataset) -> str | None:
    """What no file of ours does: say it has more than there is, or take it from other files."""
    if dataset.is_virtual or dataset.external:
        return "is kept in other files"
    if dataset.id.get_storage_size() < dataset.nbytes:  # a few bytes that would fill the memory when read
        return f"claims {dataset.nbytes} bytes and has {dataset.id.get_storage_size()}"
    return None


def find_missing(group: h5py.Group, attributes: tuple[str, ...]) -> str | None:
    """The first attribute that is not there, in words; None if all are."""
    return next((f"attribute {name!r} is missing" for name in attributes if name not in group.attrs), None)

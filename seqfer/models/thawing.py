"""Thawing a frozen encoder in stages, from the readings back towards the picture."""

from __future__ import annotations

from dataclasses import dataclass

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import BaseFinetuning

from .encoded import EncodedModel


@dataclass(frozen=True, kw_only=True)
class ThawPlan:
    """When which part of the encoder begins to learn (Howard & Ruder 2018, "ULMFiT", arXiv:1801.06146).

    Rates are those of the model: ``encoder_learning_rate`` of the last block, by ``layer_decay`` slower for
    each block before it.

    Attributes:
        start_epoch: the last block begins with this epoch (0 is the first); before, only the new parts learn.
        every_epochs: the block before it so many epochs later, and so on.
        blocks: how many thaw in all; None for all.
    """

    start_epoch: int = 3
    every_epochs: int = 2
    blocks: int | None = None

    def __post_init__(self) -> None:
        if self.start_epoch < 0 or self.every_epochs < 1 or (self.blocks or 1) < 1:
            raise ValueError(
                f"start_epoch must be 0 or more, every_epochs and blocks 1 or more, got {self.start_epoch}, "
                f"{self.every_epochs}, {self.blocks}"
            )


class StagedThaw(BaseFinetuning):
    """Lightning callback that follows a :class:`ThawPlan`; a resumed training goes on as it stood."""

    def __init__(self, plan: ThawPlan) -> None:
        super().__init__()
        self._plan = plan

    def freeze_before_training(self, pl_module: pl.LightningModule) -> None:
        """Freeze the encoder.

        Raises:
            ValueError: the model has none.
        """
        if not isinstance(pl_module, EncodedModel):
            raise ValueError(f"a {type(pl_module).__name__} has no frame encoder to thaw")
        pl_module.freeze_encoder = True
        self.freeze(pl_module.encoder, train_bn=False)

    def finetune_function(
        self, pl_module: pl.LightningModule, epoch: int, optimizer: torch.optim.Optimizer
    ) -> None:
        """Thaw the block whose turn it is."""
        assert isinstance(pl_module, EncodedModel)
        since = epoch - self._plan.start_epoch
        if since < 0 or since % self._plan.every_epochs:
            return
        rates = pl_module.block_rates()[: self._plan.blocks]
        number = since // self._plan.every_epochs
        if number < len(rates):
            rate, block = rates[number]
            # denom: the group's rate is what stands here, not a share of the first group's
            self.unfreeze_and_add_param_group(block, optimizer, lr=rate, initial_denom_lr=1.0, train_bn=False)

"""Models that see faces through a frame encoder: started from nothing, or from another network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.callbacks import BaseFinetuning
from torch import Tensor, nn

from ..errors import WeightsError
from .base import SequenceModel
from .encoder import Encoder, FrameEncoder
from .timm_encoder import TimmEncoder


class EncodedModel(SequenceModel):
    """Base of the models with a frame encoder.

    Args:
        encoder: name or path of a saved model or checkpoint whose encoder to start from (``bundled``); the
            arguments of :class:`~seqfer.models.encoder.FrameEncoder` for one that starts from nothing; or
            ``{timm: NAME}`` for a network of the timm package (see
            :class:`~seqfer.models.timm_encoder.TimmEncoder`).
        freeze_encoder: the encoder is not trained (unless it is thawed, see
            :class:`~seqfer.models.thawing.StagedThaw`).
        encoder_learning_rate: of the encoder's last block, where it is trained,
        layer_decay: and each block before it, towards the picture, learns this much slower than the one
            behind it.
        keep_features: what a frozen encoder makes of each face is made once and kept in memory, so that
            epochs take no time; for windows that are not augmented.
        common: see :class:`~seqfer.models.base.SequenceModel`.
    """

    def __init__(
        self,
        *,
        encoder: str | Mapping[str, Any] = "bundled",
        freeze_encoder: bool = True,
        encoder_learning_rate: float = 1e-4,
        layer_decay: float = 1.0,
        keep_features: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if not 0 < layer_decay <= 1:
            raise ValueError(f"layer_decay must be above 0 and at most 1, got {layer_decay}")
        if keep_features and not freeze_encoder:
            raise ValueError("keep_features needs freeze_encoder: features of an encoder that learns change")
        self._keep_features = keep_features
        self.freeze_encoder = freeze_encoder
        self.encoder_learning_rate, self.layer_decay = encoder_learning_rate, layer_decay
        self.encoder, self._warm = _build_encoder(encoder, self.vocabulary.names)
        self.encoder.requires_grad_(False)
        if not freeze_encoder:
            for block in encoder_blocks(self.encoder):
                block.requires_grad_(True)
        self.arguments["encoder"] = self.encoder.arguments

    @property
    def keeps_features(self) -> bool:
        """As asked for by ``keep_features``."""
        return self._keep_features

    @property
    def input_size(self) -> int:
        """Side of the picture that the encoder sees, pixels."""
        return self.encoder.input_size

    def pool_faces(self, crops: Tensor) -> Tensor:
        """uint8 (N, S, S, 3) to pooled features, float32 (N, C)."""
        return self.encoder.pool(self.encoder.maps(self.encoder.preprocess(crops)))

    def on_fit_start(self) -> None:
        """As always.

        Raises:
            ValueError: features are to be kept, but windows are augmented, or the encoder is to be thawed.
        """
        if self.keeps_features:
            if getattr(getattr(self.trainer, "datamodule", None), "augmentation", None) is not None:
                raise ValueError(
                    "keep_features needs data.augmentation null: what is augmented is never the same"
                )
            if any(isinstance(callback, BaseFinetuning) for callback in self.trainer.callbacks):  # type: ignore[attr-defined]
                raise ValueError(
                    "keep_features and thaw do not go together: features would be those of before"
                )
        super().on_fit_start()
        self.train()  # trainers do not: a frozen encoder keeps its statistics from the first step on

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, each block of the encoder at its own rate where it is trained."""
        inside = {id(p) for p in self.encoder.parameters()}
        own = [p for p in self.parameters() if id(p) not in inside and p.requires_grad]
        groups: list[dict[str, Any]] = [{"params": own, "lr": self.learning_rate}]
        if not self.freeze_encoder:
            for rate, block in self.block_rates():
                groups.append({"params": list(block.parameters()), "lr": rate})
        return torch.optim.AdamW(groups, weight_decay=self.weight_decay)

    def block_rates(self) -> list[tuple[float, nn.Module]]:
        """Learning rate and block of the encoder, the last block first."""
        blocks = encoder_blocks(self.encoder)[::-1]
        return [(self.encoder_learning_rate * self.layer_decay**i, block) for i, block in enumerate(blocks)]

    def train(self, mode: bool = True) -> EncodedModel:
        """As always, but a warm-started or frozen encoder keeps the statistics it came with.

        Windows of a few faces, each many times nearly the same, are no batch to take statistics from.
        """
        super().train(mode)
        if self._warm or self.freeze_encoder:
            for module in self.encoder.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self


def encoder_blocks(encoder: nn.Module) -> list[nn.Module]:
    """The parts of an encoder that make its maps, from the picture on; its own classifier is none of them."""
    blocks = []
    inside = encoder.network if isinstance(encoder, TimmEncoder) else encoder
    for name, child in inside.named_children():
        if name == "head":
            continue
        nested = isinstance(child, nn.Sequential) and any(len(list(m.children())) for m in child)
        blocks += list(child.children()) if nested else [child]
    return [block for block in blocks if any(True for _ in block.parameters())]


def _build_encoder(encoder: str | Mapping[str, Any], names: tuple[str, ...]) -> tuple[Encoder, bool]:
    """The encoder, and whether it has learnt something already."""
    if isinstance(encoder, str | Path):
        from .weights import load_model  # saved models are of these classes

        model = load_model(encoder)
        if not isinstance(model, EncodedModel):
            raise WeightsError(encoder, f"a {type(model).__name__} has no frame encoder to start from")
        return model.encoder, True
    if "timm" in encoder:
        made = TimmEncoder(**{"num_classes": len(names), **encoder})
        return made, made.pretrained
    return FrameEncoder(**{"num_classes": len(names), **encoder}), False

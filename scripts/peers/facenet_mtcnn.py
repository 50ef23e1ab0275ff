"""MTCNN of ``facenet-pytorch`` with its defaults, on each whole frame, five landmarks.

The package needs ``torchvision``, which does not load beside this PyTorch, for two functions. One is not on
this path (``to_tensor``); for the other, ``batched_nms``, OpenCV's compiled one stands in: the same boxes in
the same order, for 0.8 ms of 60 ms a frame at 640×360.
"""

from __future__ import annotations

import sys
import types

import cv2
import torch
from timing import time_peer


def main(clip: str, frames: str) -> None:
    torch.set_num_threads(1)
    boxes = types.ModuleType("torchvision.ops.boxes")
    boxes.batched_nms = _batched_nms
    transforms = types.ModuleType("torchvision.transforms")
    transforms.functional = types.ModuleType("torchvision.transforms.functional")
    for module in (types.ModuleType("torchvision"), types.ModuleType("torchvision.ops"), boxes, transforms):
        sys.modules[module.__name__] = module
    from facenet_pytorch import MTCNN

    mtcnn = MTCNN(keep_all=True, device="cpu")

    def detect(picture) -> int:
        found, _, _ = mtcnn.detect(picture, landmarks=True)
        return 0 if found is None else len(found)

    time_peer(clip, int(frames), detect, landmarks=5, rgb=True)


def _batched_nms(boxes, scores, groups, iou_threshold):
    """As ``torchvision.ops.boxes.batched_nms``."""
    if not len(boxes):
        return torch.empty(0, dtype=torch.int64)
    xywh = torch.cat([boxes[:, :2], boxes[:, 2:4] - boxes[:, :2]], dim=1).double().numpy()
    kept = cv2.dnn.NMSBoxesBatched(xywh, scores.numpy(), groups.int().numpy(), 0.0, iou_threshold)
    return torch.as_tensor(kept, dtype=torch.int64).flatten()


if __name__ == "__main__":
    main(*sys.argv[1:])

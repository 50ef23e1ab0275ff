"""The gate: what it lets pass, what it stops, and what it says of that."""

from __future__ import annotations

import numpy as np
import pytest

from seqfer.decoding import REASONS, QualityGate
from seqfer.faces.quality import QUALITY_COLUMNS, Quality

GOOD = {
    "sharpness": 0.4, "brightness": 0.5, "contrast": 0.1, "eye_distance_pixels": 40, "yaw_degrees": -10,
    "pitch_degrees": 5, "roll_degrees": 90, "in_picture": 1, "fit_error": 0.05,
}  # fmt: skip


def quality(*changes) -> Quality:
    table = [[(GOOD | change)[name] for name in QUALITY_COLUMNS] for change in changes]
    return Quality.from_table(np.array(table, np.float32))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eye_distance_pixels": 4}, "small"),
        ({"sharpness": 0.05}, "blurred"),
        ({"brightness": 0.01}, "dark"),
        ({"brightness": 0.98}, "bright"),
        ({"yaw_degrees": -70}, "yaw"),
        ({"yaw_degrees": 70}, "yaw"),
        ({"pitch_degrees": -50}, "pitch"),
        ({"in_picture": 0.4}, "cut_off"),
        ({"fit_error": 0.4}, "landmarks"),
        ({"fit_error": np.nan}, "landmarks"),
    ],
)
def test_each_limit_gives_its_reason(change, reason):
    judgement = QualityGate().judge(quality({}, change), np.ones(2, np.float32))
    assert judgement.trusted.tolist() == [True, False]
    assert (judgement.reasons(0, 1), judgement.reasons(0, 2)) == ((), (reason,))


def test_a_faint_detection_is_not_trusted_and_all_reasons_are_told():
    judgement = QualityGate().judge(quality({}, {"sharpness": 0}), np.array([0.9, 0.2], np.float32))
    assert judgement.trusted.tolist() == [True, False]
    assert judgement.reasons(1, 2) == ("blurred", "score")
    assert judgement.failed.shape == (2, len(REASONS))


def test_limits_can_be_set_and_the_gate_left_open():
    turned = quality({"yaw_degrees": 40})
    scores = np.zeros(1, np.float32)
    assert QualityGate(max_yaw_degrees=30, min_score=0).judge(turned, scores).reasons(0, 1) == ("yaw",)
    assert QualityGate(enabled=False, max_yaw_degrees=30).judge(turned, scores).trusted.all()
    with pytest.raises(ValueError, match="below max_brightness"):
        QualityGate(min_brightness=0.5, max_brightness=0.5)
    with pytest.raises(ValueError, match="negative"):
        QualityGate(max_yaw_degrees=-1)

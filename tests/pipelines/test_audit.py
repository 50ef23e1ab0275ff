"""``seqfer audit``: numbers that are right, a page that is whole, and the same picture found on two sides."""

from __future__ import annotations

import json

from fake_tracks import write_data, write_store
from seqfer.pipelines.__main__ import main


def test_what_leaks_is_found_and_what_is_declared_is_told(tmp_path):
    stores, labels = write_data(tmp_path, people=3)
    write_store(stores / "copy.h5", "copy", seed=1)  # v1 again, of somebody else they say
    labels.write_text(labels.read_text() + "copy,0,1,neutral,,,p<9>\ncopy,1,2,fear,,,p<9>\n")
    facts = {"format": "seqfer.dataset", "name": "<b>mine", "expressions": "posed", "agreement": 0.8}
    (stores / "dataset.json").write_text(json.dumps(facts))
    out = tmp_path / "a.html"
    assert main(["audit", str(stores), "--labels", str(labels), "-o", str(out)]) == 0
    found = json.loads(out.with_suffix(".json").read_text())
    assert (found["videos"], found["tracks"], found["frames"], found["labels"]) == (4, 4, 80, 8)
    assert found["emotions"]["happiness"] == {"labels": 3, "seconds": 3.0}
    assert found["subjects"]["p<9>"] == {"neutral": 1, "fear": 1}
    assert found["frames_without_face"] == 0 and set(found["measures"]) >= {"yaw_degrees", "sharpness"}
    pairs = [{x["one"][:4], x["other"][:4]} for x in found["near_duplicates"]]
    assert {"copy", "v1, "} in pairs
    page = out.read_text()
    assert "&lt;b&gt;mine" in page and "<b>mine" not in page and "posed" in page and "80% of votes" in page
    assert page.count("data:image/png;base64,") >= 2 + len(pairs) and "http" not in page.replace(
        "http-equiv", ""
    )
    assert "p&lt;9&gt;" in page


def test_stores_without_labels_can_be_looked_at_too(tmp_path, capsys):
    write_store(tmp_path / "tracks" / "v.h5", "v")
    assert main(["audit", str(tmp_path)]) == 0
    assert "1 videos, 0 labels, 0 near-duplicates" in capsys.readouterr().out
    assert "no dataset.json" in (tmp_path / "audit.html").read_text()

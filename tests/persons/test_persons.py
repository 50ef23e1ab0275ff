"""Persons: the same face gets the same name, faces seen together never do, the same every time."""

from __future__ import annotations

import csv
import hashlib
import itertools
import json
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import cv2
import numpy as np
import onnx
import pytest
from clips import write_clip
from hypothesis import given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from seqfer.pipelines.__main__ import main
from seqfer.pipelines.grouping import group_run

from seqfer.errors import InputError, StoreError, WeightsError
from seqfer.export import ExportConfig
from seqfer.faces import hub
from seqfer.faces.embedding import FaceEmbedder
from seqfer.faces.quality import QUALITY_COLUMNS, Quality
from seqfer.jobs import Job, RunConfig
from seqfer.persons import PersonsConfig, group_tracks
from seqfer.persons.clustering import cluster
from seqfer.persons.embed import choose_rows, find_seen_together, robust_mean
from seqfer.stages import process
from seqfer.store import VideoEmbeddings, open_store, read_embeddings, write_embeddings


def unit(vectors):
    vectors = np.asarray(vectors, np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def video(video_id, vectors, first_seconds=None, together=()):
    count = len(vectors)
    return VideoEmbeddings(
        video_id=video_id,
        key="k",
        tracks_key=f"t-{video_id}",
        track_ids=np.arange(count),
        first_seconds=np.arange(count, dtype=float) if first_seconds is None else np.array(first_seconds),
        num_rows=np.full(count, 4),
        vectors=unit(vectors),
        seen_together=np.array(together, np.int64).reshape(-1, 2),
    )


@settings(deadline=None, max_examples=150)
@given(data=st.data(), count=st.integers(1, 14), threshold=st.floats(-0.9, 0.9))
def test_rows_kept_apart_are_never_in_one_cluster_and_merging_goes_as_far_as_it_may(data, count, threshold):
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    vectors = unit(rng.normal(size=(count, 3)) + 1e-3)
    every = list(itertools.combinations(range(count), 2))
    apart = data.draw(st.lists(st.sampled_from(every), unique=True)) if every else []
    labels = cluster(vectors, np.array(apart, np.int64).reshape(-1, 2), threshold=threshold)
    assert all(labels[a] != labels[b] for a, b in apart)
    firsts = [int(np.argmax(labels == n)) for n in range(labels.max() + 1)]
    assert firsts == sorted(firsts), "numbered by first row"
    forbidden = {tuple(sorted((labels[a], labels[b]))) for a, b in apart}
    for a, b in itertools.combinations(range(labels.max() + 1), 2):
        mean = (vectors[labels == a].astype(float) @ vectors[labels == b].astype(float).T).mean()
        assert (a, b) in forbidden or mean < threshold + 1e-6, "two that could still be merged"


@settings(deadline=None)
@given(st.lists(st.sets(st.integers(0, 30), min_size=1), max_size=8))
def test_tracks_seen_together_are_those_that_share_a_frame(frames):
    found = {tuple(p) for p in find_seen_together([np.array(sorted(f)) for f in frames]).tolist()}
    assert found == {
        (a, b) for a, b in itertools.combinations(range(len(frames)), 2) if frames[a] & frames[b]
    }


def test_persons_are_numbered_by_first_appearance_within_a_video_or_a_run():
    x, y, z = np.eye(3)
    a = video("a", [y, x, y + 0.1 * x], first_seconds=[2.0, 0.5, 9.0])
    b = video("b", [z, x])
    within = group_tracks([b, a], scope="video", threshold=0.5)
    assert within.of_video("a", "t-a") == {0: "p002", 1: "p001", 2: "p002"}
    assert within.of_video("b", "t-b") == {0: "p001", 1: "p002"}
    across = group_tracks([b, a], scope="run", threshold=0.5)
    assert across.of_video("b", "t-b") == {0: "p003", 1: "p001"}
    assert across.of_video("a", "another key") == {}, "tracks that are no more"
    similarity = [t.similarity for t in across.tracks["a"]]
    assert similarity[0] == pytest.approx(1 / np.sqrt(1.01)) and similarity[1] == pytest.approx(1.0)
    assert across.tracks["b"][0].similarity is None


def test_two_faces_in_view_together_are_two_persons_however_alike():
    twins = video("v", [[1, 0.01], [1, 0.0]], together=[(0, 1)])
    assert set(group_tracks([twins], scope="video", threshold=0.5).of_video("v", "t-v").values()) == {
        "p001",
        "p002",
    }


def test_too_many_tracks_are_refused_in_words(monkeypatch):
    monkeypatch.setattr("seqfer.persons.grouping.MAX_TRACKS", 1)
    with pytest.raises(InputError, match="2 face tracks are too many to compare; 1 at most"):
        group_tracks([video("v", np.eye(2))], scope="video", threshold=0.5)


def test_outliers_do_not_turn_the_mean():
    rng = np.random.default_rng(0)
    good = unit(np.array([1.0, 0, 0]) + 0.05 * rng.normal(size=(12, 3)))
    mean = robust_mean(np.concatenate([good, unit([[-1, 0.2, 0]] * 4)]))
    assert mean @ unit(good.mean(axis=0)[None])[0] > 0.999


class Track:
    """What the chooser looks at: eight faces, all alike but for what is said."""

    def __init__(self, **faults):
        self.scores = np.full(8, 0.9, np.float32)
        self.interpolated = np.zeros(8, bool)
        columns = dict.fromkeys(QUALITY_COLUMNS, 0.0)
        columns |= {"sharpness": 0.4, "eye_distance_pixels": 30.0, "in_picture": 1.0}
        table = np.repeat(np.array([list(columns.values())], np.float32), 8, axis=0)
        for name, (row, value) in faults.items():
            column = table[:, list(columns).index(name)] if name in columns else getattr(self, name)
            column[row] = value
        self.quality = Quality.from_table(table)

    def __len__(self):
        return 8


@pytest.mark.parametrize(
    "fault",
    [
        {"scores": (0, 0.4)}, {"interpolated": (0, True)}, {"sharpness": (0, 0.1)}, {"in_picture": (0, 0.5)},
        {"eye_distance_pixels": (0, 9.0)}, {"yaw_degrees": (0, -50.0)}, {"pitch_degrees": (0, 40.0)},
    ],
)  # fmt: skip
def test_the_best_face_of_each_stretch_is_chosen(fault):
    assert choose_rows(Track(), 4).tolist() == [0, 2, 4, 6]
    assert choose_rows(Track(**fault), 4).tolist() == [1, 2, 4, 6]
    assert choose_rows(Track(**fault), 99).tolist() == list(range(8))


def write_network(path, *, side=112, out=(1, 3), inputs=1):
    """Means of the three channels as an ONNX network."""
    names = [f"x{n}" for n in range(inputs)]
    nodes = [
        helper.make_node("ReduceMean", ["x0", "axes"], ["m"], keepdims=0),
        helper.make_node("Reshape", ["m", "shape"], ["y"]),
    ]
    graph = helper.make_graph(
        nodes,
        "means",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 3, side, side]) for n in names],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, list(out))],
        [
            numpy_helper.from_array(np.array([2, 3]), "axes"),
            numpy_helper.from_array(np.array(out, np.int64), "shape"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


def test_pixels_reach_the_network_as_configured(tmp_path):
    network = write_network(tmp_path / "means.onnx")
    crop = np.full((1, 112, 112, 3), (200, 100, 50), np.uint8)
    for channels, mean, std in (("rgb", 127.5, 127.5), ("bgr", 100.0, 50.0)):
        found = FaceEmbedder(network, mean=(mean,) * 3, std=(std,) * 3, channels=channels).embed(crop)
        wanted = (np.array([200, 100, 50.0]) - mean) / std
        np.testing.assert_allclose(found, unit([wanted if channels == "rgb" else wanted[::-1]]), rtol=1e-4)


def test_what_is_no_embedder_is_refused_in_words(tmp_path):
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(WeightsError, match=r"text\.onnx: not a readable ONNX"):
        FaceEmbedder(tmp_path / "text.onnx")
    with pytest.raises(WeightsError, match="not a face embedder: wants"):
        FaceEmbedder(write_network(tmp_path / "large.onnx", side=160))
    with pytest.raises(WeightsError, match="gives"):
        FaceEmbedder(write_network(tmp_path / "flat.onnx", out=(3,)))


def test_weights_come_from_a_path_or_a_pinned_https_address_and_nowhere_else(tmp_path, monkeypatch):
    path = tmp_path / "net.onnx"
    path.write_bytes(b"net")
    digest = hashlib.sha256(b"net").hexdigest()
    assert hub.weights_at(str(path)) == path and hub.weights_at(str(path), digest.upper()) == path
    address = "https://localhost:1/net.onnx"
    for place, sha256, words in (
        (str(tmp_path / "no.onnx"), None, r"no\.onnx: no such weights file"),
        (str(path), "0" * 64, "has another SHA-256"),
        ("http://localhost:1/net.onnx", digest, "by https only, not by http"),
        (address, None, "needs the file's SHA-256"),
        (address, digest, "cannot be fetched from https://localhost:1/net.onnx"),
    ):
        monkeypatch.setenv("TORCH_HOME", str(tmp_path))
        with pytest.raises(WeightsError, match=words):
            hub.weights_at(place, sha256)
    kept = tmp_path / "hub" / "checkpoints" / f"{digest[:16]}-net.onnx"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(b"net")
    assert hub.weights_at(address, digest) == kept, "once fetched, no network is needed"


def test_a_download_is_kept_only_if_it_is_the_file_that_was_asked_for(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    (tmp_path / "net.onnx").write_bytes(b"net")
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/net.onnx"
        with pytest.raises(WeightsError, match="cannot be fetched from http://127"):
            hub.fetched(url, "other", "0" * 64)
        path = hub.fetched(url, "net", hashlib.sha256(b"net").hexdigest())
        server.shutdown()
    assert [p.name for p in path.parent.iterdir()] == ["net"] and path.read_bytes() == b"net"
    assert f"fetching {url} to {path}" in caplog.text, "never silently"


def test_embeddings_come_back_and_damage_is_named(tmp_path):
    for count in (0, 3):
        made = video("v", np.eye(3)[:count].reshape(count, 3) if count else np.zeros((0, 3)))
        write_embeddings(tmp_path / "e.h5", made)
        found = read_embeddings(tmp_path / "e.h5")
        assert (found.video_id, found.tracks_key, len(found)) == ("v", "t-v", count)
        np.testing.assert_array_equal(found.vectors, made.vectors)
    (tmp_path / "e.h5").write_bytes(b"x")
    with pytest.raises(StoreError, match=r"e\.h5: not a readable HDF5"):
        read_embeddings(tmp_path / "e.h5")


def shot(portrait, count, seed):
    """Somebody on a grey wall, swaying a little: uint8 (240, 320, 3) pictures."""
    face = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
    for n in range(count):
        picture = np.full((240, 320, 3), 190 - 25 * (seed % 3), np.uint8)
        left = 60 + round(8 * np.sin(n / 5 + seed))
        picture[30:230, left : left + 200] = face
        yield picture


@pytest.fixture(scope="session")
def portraits(shared):
    def read(name):
        return cv2.imread(str(shared / "data" / "london" / f"{name}.jpg"))[..., ::-1]

    return read


def pair(left, right, count):
    for n in range(count):
        picture = np.full((240, 480, 3), 170, np.uint8)
        for face, x in ((left, 20), (right, 260)):
            picture[30:230, x + n % 4 : x + 200 + n % 4] = cv2.resize(face, (200, 200))
        yield picture


def people_of(out, video_id):
    document = json.loads((out / f"{video_id}.json").read_text())
    return [track["person_id"] for track in document["tracks"]]


@pytest.fixture(scope="session")
def films(portraits, tmp_path_factory):
    """Ann, Ben, Ann again in three shots; Ben and Ann side by side."""
    folder = tmp_path_factory.mktemp("films")
    shots = [("001_neutral", 0), ("006_neutral", 1), ("001_smiling", 2)]
    write_clip(folder / "cuts.mp4", (p for name, seed in shots for p in shot(portraits(name), 12, seed)))
    both = pair(portraits("006_smiling"), portraits("001_neutral"), 12)
    write_clip(folder / "pair.mp4", both, rate=12)
    return folder


def follow(films, out, config, order):
    """What the verbs do, in this process."""
    jobs = [
        Job(video_id=name, path=films / f"{name}.mp4", out=out, stages=("extract", "embed", "predict"),
            config=config) for name in order
    ]  # fmt: skip
    outcomes = [process(job) for job in jobs]
    group_run(out, config.persons, quiet=True)
    outcomes += [process(replace(job, stages=("export",))) for job in jobs]
    assert [o.error for o in outcomes] == [""] * len(outcomes)
    return [o.done for o in outcomes]


def contents(out):
    return {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def table(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_somebody_who_comes_back_after_a_cut_or_in_another_film_is_the_same_person(shared, films, tmp_path):
    weights = str(shared / "weights" / "mobilefacenet_128d.onnx")
    across = RunConfig(
        persons=PersonsConfig(embedder=weights, scope="run"), export=ExportConfig(to=("csv", "frames"))
    )
    out = tmp_path / "out"
    follow(films, out, across, ["cuts", "pair"])
    assert people_of(out, "cuts") == ["p001", "p002", "p001"]
    assert people_of(out, "pair") == ["p002", "p001"]
    for name in ("pair.segments.csv", "pair.frames.csv"):
        rows = table(out / name)
        assert {(r["track_id"], r["person_id"]) for r in rows} == {("0", "p002"), ("1", "p001")}
        assert list(rows[0])[-1] == "person_id"
    rows = table(out / "persons.csv")
    assert [(r["video"], r["person_id"]) for r in rows] == [
        ("cuts", "p001"), ("cuts", "p002"), ("cuts", "p001"), ("pair", "p002"), ("pair", "p001"),
    ]  # fmt: skip
    assert all(float(r["similarity"]) > 0.6 for r in rows)

    first = contents(out)
    assert follow(films, out, across, ["cuts", "pair"]) == [()] * 4 and contents(out) == first
    follow(films, tmp_path / "again", across, ["pair", "cuts"])
    assert contents(tmp_path / "again") == first

    within = replace(across, persons=replace(across.persons, scope="video"))
    assert follow(films, out, within, ["cuts", "pair"]) == [(), (), (), ("export",)], "only names changed"
    assert people_of(out, "pair") == ["p001", "p002"] and people_of(out, "cuts") == ["p001", "p002", "p001"]


@pytest.mark.slow
def test_the_verbs_name_persons_on_the_way_or_afterwards(shared, films, tmp_path):
    weights = shared / "weights" / "mobilefacenet_128d.onnx"
    common = ["--quiet", "--cluster.workers=1"]
    out = tmp_path / "out"
    assert main(["run", str(films), "-o", str(out), f"--persons.embedder={weights}", *common]) == 0
    assert people_of(out, "pair") == ["p001", "p002"] and (out / "summary.csv").is_file()
    assert main(["persons", str(out), f"--embedder={weights}", "--scope=run", *common]) == 0
    assert main(["export", str(out), *common]) == 0
    assert people_of(out, "pair") == ["p002", "p001"]


def test_persons_without_an_embedder_or_with_a_wrong_one_is_said_before_any_work(tmp_path, capfd, shared):
    clip = str(shared / "data" / "videos" / "profile_turn.mp4")
    for args, words in (
        (["persons", str(tmp_path)], "--embedder is missing"),
        (["persons", str(tmp_path), "--embedder=nowhere.onnx"], "nowhere.onnx: no such weights file"),
        (["run", clip, "-o", str(tmp_path / "o"), "--persons.embedder", clip], "not a readable ONNX file"),
        (["persons", str(tmp_path), "--embedder=x", "--threshold=7"], "threshold must lie between"),
    ):
        with pytest.raises(SystemExit) as stop:
            main(args)
        _, err = capfd.readouterr()
        assert stop.value.code == 2 and words in err and len(err.splitlines()) == 1
    assert not (tmp_path / "o").exists()


def test_a_broken_embedder_fails_its_job_in_one_line(tmp_path, shared):
    clip = shared / "data" / "videos" / "profile_turn.mp4"
    config = RunConfig(persons=PersonsConfig(embedder=str(tmp_path / "gone.onnx")))
    job = Job(video_id="v", path=clip, out=tmp_path, stages=("extract", "embed"), config=config)
    outcome = process(job)
    assert outcome.status == "failed" and outcome.error.endswith("gone.onnx: no such weights file")
    with open_store(job.tracks_path) as store:
        assert len(store.tracks) == 1

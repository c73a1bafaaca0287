"""Each model file, loaded in a process without Coterie, puts every customer of the real file where Python does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
import skops.io

import adversary
import coterie as ct
from coterie import SegmentModel
from coterie.exports import EXPORTS
from coterie.exports.onnx import onnx_of
from coterie.scaling import TRANSFORMS
from truth import Truth
from web_server import serving

# Coterie is installed in place, and would be found; so its import is made impossible.
ALONE = """
import json, sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "coterie":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
import numpy as np
x = np.load("features.npy")
{body}
assert not [name for name in sys.modules if name.split(".")[0] == "coterie"]
print(json.dumps(labels.tolist()))
"""
ONNX = """
import onnxruntime
options = onnxruntime.SessionOptions(); options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("model", options, providers=["CPUExecutionProvider"])
labels, distances = session.run(["cluster", "distances"], {"features": x})
"""
SKLEARN = """
labels = np.full(len(x), -1)
kept = np.isfinite(x).all(axis=1)
labels[kept] = model.predict(x[kept])
"""
FAST = {"n_bootstrap": 0, "n_seeds": 0, "n_splits": 0, "n_months": 0, "sensitivity": False}
LOADED = {
    "joblib": "import joblib\nmodel = joblib.load('model')" + SKLEARN,
    "skops": "import skops.io\nassert not skops.io.get_untrusted_types(file='model')\nmodel = skops.io.load('model')" + SKLEARN,
    "onnx": ONNX,
}


def alone(folder: Path, body: str) -> list[int]:
    script = folder / "alone.py"
    script.write_text(ALONE.replace("{body}", body))
    done = subprocess.run(
        [sys.executable, "-I", script.name], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.mark.slow
@pytest.mark.parametrize("form", LOADED)
def test_a_model_file_agrees_on_every_customer_without_coterie(form: str, truth: Truth, tmp_path: Path) -> None:
    EXPORTS[form](truth.run, tmp_path / "model")
    np.save(tmp_path / "features.npy", truth.features)
    assert alone(tmp_path, LOADED[form]) == truth.clusters


@pytest.mark.parametrize("form", ["joblib", "skops"])
def test_a_model_file_takes_lists_arrays_and_frames_in_any_order(form: str, tmp_path: Path) -> None:
    made = ct.run(ct.simulate(200, seed=4).lines, k=3, out=tmp_path / "runs", choice=FAST)
    EXPORTS[form](made, tmp_path / "model")
    model = joblib.load(tmp_path / "model") if form == "joblib" else skops.io.load(tmp_path / "model")
    frame = made.customers("pandas").dropna(subset=["cluster"])
    features, expected = frame[made.model.features], frame["cluster"].astype(int).tolist()
    for given in (features.to_numpy(), features.to_numpy().tolist(), features, frame[frame.columns[::-1]]):
        assert model.predict(given).tolist() == expected
    with pytest.raises(ValueError, match="total_spend"):
        model.predict(features.drop(columns="total_spend"))


@pytest.mark.slow
def test_records_of_json_agree_on_every_customer(truth: Truth) -> None:
    rows = truth.run.customers("arrow").select(["customer_id", *truth.run.model.features]).to_pylist()
    records = json.loads(json.dumps(rows))
    model = SegmentModel.load(truth.run.path / "model.json")
    columns = {name: np.array([record[name] for record in records], dtype=float) for name in model.features}
    assert model.assign(columns).cluster.tolist() == truth.clusters
    singly = [model.assign({name: values[i : i + 1] for name, values in columns.items()}).cluster[0] for i in range(200)]
    assert singly == truth.clusters[:200]


@pytest.mark.slow
def test_the_http_door_agrees_on_every_customer(truth: Truth) -> None:
    """``POST /v1/score`` by a client that knows JSON alone: labels, names, and figures to the last digit."""
    kept = ["customer_id", "cluster", "segment_id", "segment", "distance", "margin", "out_of_range", "confidence", "reason"]
    table = truth.run.customers("arrow")
    rows = table.select(truth.run.model.features).to_pylist()
    records = [{"customer_id": one, "features": row} for one, row in zip(truth.ids, rows, strict=True)]
    with serving(truth.run.path.parent) as served:
        answer = served.score({"customers": records, "model": truth.run.model.document["sha256"]})
    assert answer.status_code == 200, answer.text
    assert answer.json()["run"] == truth.run.number
    found = [{name: one[name] for name in kept} for one in answer.json()["customers"]]
    assert found == table.select(kept).to_pylist()


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")  # protobuf's
@pytest.mark.parametrize("name", [*TRANSFORMS.names(), "ties"])
def test_onnx_agrees_on_odd_customers(name: str) -> None:
    import onnxruntime

    model, features = adversary.tied() if name == "ties" else (adversary.fitted(name), adversary.odd_customers())
    proto = onnx_of(model)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    labels, distances = session.run(["cluster", "distances"], {"features": features})
    expected = [-1 if cluster is None else cluster for cluster, _ in adversary.assigned(model, features)]
    # Two centres can be as far but for the last digit.
    wrong = np.flatnonzero(labels != np.array(expected))
    assert not [at for at in wrong if not adversary.unsure(model, features)[at]]
    assert distances.shape == (len(features), len(model.centers))
    stored = {entry.key: json.loads(entry.value) for entry in proto.metadata_props}
    assert stored["coterie_features"] == model.features
    assert [entry["name"] for entry in stored["coterie_segments"]] == [entry["name"] for entry in model.segments]

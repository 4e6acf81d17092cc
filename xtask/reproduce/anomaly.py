"""Anomaly detection on tables: half of the normal rows to learn from, the rest and the anomalies to score.

usage: anomaly.py AE DATA SEEDS [pyod]

DATA holds .npz files with X and y, of which 1 is an anomaly. Prints a table: mean AUROC over seeds 0 to SEEDS - 1, and its
standard deviation, of `ae train anomaly` with `ae score`, of PCA beside it, and of PyOD's AutoEncoder at its defaults.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np


def split(X, y, seed):
    """Normal rows to learn from, rows to score, their labels."""
    random = np.random.default_rng(seed)
    normal = np.flatnonzero(y == 0)
    random.shuffle(normal)
    half = len(normal) // 2
    rest = np.concatenate([normal[half:], np.flatnonzero(y == 1)])
    return X[normal[:half]], X[rest], y[rest]


def ae(program, *words):
    done = subprocess.run([program, *map(str, words), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


def ours(program, train, test, labels):
    """The AUROC of the recipe `anomaly` and of the PCA that `ae score` puts beside it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, array in [("train", train), ("test", test), ("labels", labels)]:
            np.save(folder / f"{name}.npy", array.astype(np.float32))
        ae(program, "train", "anomaly", "--data", folder / "train.npy", "--run", folder / "run")
        scored = ae(program, "score", folder / "run", folder / "test.npy", "--labels", folder / "labels.npy")
    return [scored["ranking"]["auroc"]["value"], scored["pca"]["ranking"]["auroc"]["value"]]


def pyod(train, test, labels):
    from pyod.models.auto_encoder import AutoEncoder
    from sklearn.metrics import roc_auc_score

    detector = AutoEncoder(verbose=0)
    detector.fit(train)
    return roc_auc_score(labels, detector.decision_function(test))


def main():
    program, data, seeds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    peer = sys.argv[4:] == ["pyod"]
    columns = ["`ae score`", "PCA"] + (["PyOD AutoEncoder"] if peer else [])
    print("| set | rows | columns | " + " | ".join(columns) + " | seconds a run |")
    print("|---|---|---|" + "---|" * len(columns) + "---|")
    means = []
    for path in sorted(data.glob("*.npz")):
        file = np.load(path)
        X, y = np.ascontiguousarray(file["X"], np.float32), file["y"].astype(int)
        found, seconds = [], 0.0
        for seed in range(seeds):
            train, test, labels = split(X, y, seed)
            began = time.time()
            values = ours(program, train, test, labels)
            seconds += time.time() - began
            found.append(values + ([pyod(train, test, labels)] if peer else []))
        found = np.array(found)
        means.append(found.mean(0))
        cells = [f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(found.mean(0), found.std(0))]
        name = path.stem.split("_", 1)[-1]
        print(f"| {name} | {len(X)} | {X.shape[1]} | " + " | ".join(cells) + f" | {seconds / seeds:.1f} |", flush=True)
    cells = [f"**{mean:.3f}**" for mean in np.mean(means, 0)]
    print("| mean | | | " + " | ".join(cells) + " | |")


main()

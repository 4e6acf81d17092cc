"""What the defaults come to on data nobody has tuned them for: errors beside PCA's, and odd rows found.

usage: defaults.py AE DATA SEEDS [pyod]

DATA is the folder of the data sets; DATA/anomaly holds .npz files with X and y, of which 1 is an anomaly. Prints two tables. The
first has the test error of `ae train --data FILE` with no further word, on all rows of each set and on three sets of
pictures, beside PCA's. The second has the AUROC of `ae train anomaly` with `ae score`, learned from half of the normal rows
(at most 20 000): mean and standard deviation over seeds 0 to SEEDS - 1, beside PCA, five nearest neighbours on standardised
columns, and PyOD's AutoEncoder at its defaults.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

MOST = 20_000
PICTURES = ["strokes", "mnist", "fashion-mnist"]


def ae(program, *words):
    done = subprocess.run([program, *map(str, words), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


def name_of(path):
    return path.stem.split("_", 1)[-1]


def errors(program, name, source, shape):
    """A row of the first table, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.time()
        report = ae(program, "train", "--data", source, "--run", pathlib.Path(folder) / "run")
        seconds = time.time() - began
    evaluation = report["evaluation"]
    ours = evaluation["splits"]["test"]["squared_error_per_example"]
    pca = evaluation["pca"]["test"]["squared_error_per_example"]
    cells = [name, *shape, evaluation["code_size"], f"{pca:.4g}", f"{ours:.4g}", f"{ours / pca:.3f}", f"{seconds:.0f}"]
    print("| " + " | ".join(map(str, cells)) + " |", flush=True)
    return ours / pca


def split(X, y, seed):
    """Normal rows to learn from, rows to score, their labels."""
    random = np.random.default_rng(seed)
    normal = np.flatnonzero(y == 0)
    random.shuffle(normal)
    half = len(normal) // 2
    rest = np.concatenate([normal[half:], np.flatnonzero(y == 1)])
    return X[normal[:half][:MOST]], X[rest], y[rest]


def found(program, train, test, labels):
    """The AUROC of the recipe `anomaly`, and of what `ae score` puts beside it."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, array in [("train", train), ("test", test), ("labels", labels)]:
            np.save(folder / f"{name}.npy", array.astype(np.float32))
        ae(program, "train", "anomaly", "--data", folder / "train.npy", "--run", folder / "run")
        scored = ae(program, "score", folder / "run", folder / "test.npy", "--labels", folder / "labels.npy")
    of = [scored, scored["pca"], scored["neighbours"]]
    return [scores["ranking"]["auroc"]["value"] for scores in of]


def pyod(train, test, labels):
    from pyod.models.auto_encoder import AutoEncoder
    from sklearn.metrics import roc_auc_score

    detector = AutoEncoder(verbose=0)
    detector.fit(train)
    return roc_auc_score(labels, detector.decision_function(test))


def table_of_errors(program, sets):
    print("| set | rows | columns | code | PCA | ours | ratio | seconds |")
    print("|---|---|---|---|---|---|---|---|")
    ratios = []
    for path in sets:
        X = np.load(path)["X"]
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "x.npy"
            np.save(file, np.ascontiguousarray(X))
            ratios.append(errors(program, name_of(path), file, X.shape))
    for name in PICTURES:
        shown = ae(program, "data", "show", name)
        ratios.append(errors(program, name, name, (shown["train_examples"] + shown["test_examples"], shown["features"])))
    worse = sum(ratio > 1.001 for ratio in ratios)
    print(f"\nGeometric mean of the ratios {np.exp(np.mean(np.log(ratios))):.3f}; above 1 on {worse} of {len(ratios)}.\n")


def table_of_odd_rows(program, sets, seeds, peer):
    columns = ["`ae score`", "PCA", "5 neighbours"] + (["PyOD AutoEncoder"] if peer else [])
    print("| set | rows | columns | " + " | ".join(columns) + " | seconds a run |")
    print("|---|---|---|" + "---|" * len(columns) + "---|")
    means = []
    for path in sets:
        file = np.load(path)
        X, y = np.ascontiguousarray(file["X"], np.float32), file["y"].astype(int)
        values, seconds = [], 0.0
        for seed in range(seeds):
            train, test, labels = split(X, y, seed)
            began = time.time()
            of_seed = found(program, train, test, labels)
            seconds += time.time() - began
            values.append(of_seed + ([pyod(train, test, labels)] if peer else []))
        values = np.array(values)
        means.append(values.mean(0))
        cells = [f"{mean:.3f} ± {spread:.3f}" for mean, spread in zip(values.mean(0), values.std(0))]
        shape = f"{len(X)} | {X.shape[1]}"
        print(f"| {name_of(path)} | {shape} | " + " | ".join(cells) + f" | {seconds / seeds:.1f} |", flush=True)
    cells = [f"**{mean:.3f}**" for mean in np.mean(means, 0)]
    print("| mean | | | " + " | ".join(cells) + " | |")


def main():
    program, data, seeds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    sets = sorted((data / "anomaly").glob("*.npz"), key=lambda path: name_of(path).lower())
    print("## Errors\n")
    table_of_errors(program, sets)
    print("## Odd rows\n")
    table_of_odd_rows(program, sets, seeds, sys.argv[4:] == ["pyod"])


main()

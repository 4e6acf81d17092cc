"""One-class MNIST: learn one digit, score all test images, of which the other digits are the anomalies.

usage: one_class.py AE DATA QUICK

DATA is the folder of MNIST's four files; QUICK is 1 for the digits 2 and 8 alone. Prints a table of AUROC in percent of `ae
train image-anomaly` with `ae score`, and of PCA beside it.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np


def read(path, header):
    return np.frombuffer(gzip.open(path).read()[header:], np.uint8)


def ae(program, *words):
    done = subprocess.run([program, *map(str, words), "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return json.loads(done.stdout)


def main():
    program, data, quick = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3] == "1"
    images = read(data / "train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    classes = read(data / "train-labels-idx1-ubyte.gz", 8)
    test = read(data / "t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
    test_classes = read(data / "t10k-labels-idx1-ubyte.gz", 8)
    print("| digit learned | `ae score` | PCA | seconds |")
    print("|---|---|---|---|")
    found = []
    for digit in [2, 8] if quick else range(10):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            np.save(folder / "train.npy", images[classes == digit])
            np.save(folder / "test.npy", test)
            np.save(folder / "labels.npy", (test_classes != digit).astype(np.float32))
            began = time.time()
            ae(program, "train", "image-anomaly", "--data", folder / "train.npy", "--run", folder / "run")
            words = ["score", folder / "run", folder / "test.npy", "--labels", folder / "labels.npy"]
            scored = ae(program, *words)
            seconds = time.time() - began
        values = [100 * of["ranking"]["auroc"]["value"] for of in (scored, scored["pca"])]
        found.append(values)
        print(f"| {digit} | {values[0]:.1f} | {values[1]:.1f} | {seconds:.0f} |", flush=True)
    ours, pca = np.mean(found, 0)
    print(f"| mean | **{ours:.2f}** | **{pca:.2f}** | |")


main()

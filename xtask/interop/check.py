"""Trains a small model of every kind, exports it, and compares what onnxruntime and PyTorch compute with `ae`.

Usage: check.py AE
"""

import runpy
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch

AE = sys.argv[1]
# Of the greatest value: what f32 and another order of summation explain.
ALLOWED = 1e-5

IMAGES = ["--data", "images.npy"]
TABLE = ["--data", "table.npy"]
MODELS = {
    "dense": TABLE + ["--model", "dense", "--set", "model.hidden=[16]", "--set", "model.code=3"],
    "dense, tied": TABLE + ["--model", "dense", "--set", "model.hidden=[16]", "--set", "model.code=3",
                            "--set", "model.tied=true", "--set", "model.code_activation=sigmoid"],
    "variational": TABLE + ["--model", "variational", "--set", "model.hidden=[16]", "--set", "model.code=3"],
    "unit scaling, clipped": TABLE + ["--model", "dense", "--set", "data.scaling=unit"],
    "categorical": ["--data", "shares.npy", "--set", "loss.kind=categorical"],
    "conv, stride and transposed": IMAGES + ["--model", "conv", "--set", "model.channels=[4,6]"],
    "conv, odd sizes": ["--data", "odd.npy", "--model", "conv", "--set", "model.channels=[4,6]"],
    "conv, average pooling and nearest": IMAGES + ["--model", "conv", "--set", "model.channels=[4,6]",
                                    "--set", "model.downsampling=average-pool", "--set", "model.upsampling=nearest"],
    "conv, max pooling and nearest, odd sizes": ["--data", "odd.npy", "--model", "conv", "--set", "model.channels=[4,6]",
                                      "--set", "model.downsampling=max-pool", "--set", "model.upsampling=nearest"],
    "variational conv": IMAGES + ["--model", "variational", "--set", "model.channels=[4,6]", "--set", "model.hidden=[20]"],
}
# These are the layers alone; with PCA beside them and so few epochs the model kept would be PCA, its layers silent.
MODELS = {name: words + ["--set", "model.linear=false"] * ("variational" not in words) for name, words in MODELS.items()}
BESIDE = ["--set", "model.linear=true", "--set", "train.count_start=false", "--set", "loss.kind=squared-error"]
MODELS |= {
    "dense beside PCA": TABLE + ["--set", "model.hidden=[16]", "--set", "model.code=3"] + BESIDE,
    "conv beside PCA": IMAGES + ["--model", "conv", "--set", "model.channels=[4,6]"] + BESIDE,
}
ACTIVATIONS = ["identity", "relu", "leaky-relu", "gelu", "silu", "tanh", "sigmoid", "softplus"]
MODELS |= {
    f"activation {name}": TABLE + ["--model", "dense", "--set", "model.hidden=[16]", "--set", f"model.activation={name}",
                                  "--set", "model.linear=false"]
    for name in ACTIVATIONS
}


def ae(folder, *words):
    result = subprocess.run([AE, *words], cwd=folder, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"ae {' '.join(words)}: {result.stderr}")


def data(folder):
    rng = np.random.default_rng(7)
    np.save(folder / "table.npy", (rng.normal(size=(200, 6)) * [1, 10, 100, 1, 1, 0.1] + 3).astype(np.float32))
    shares = rng.random((200, 5))
    np.save(folder / "shares.npy", (shares / shares.sum(1, keepdims=True)).astype(np.float32))
    np.save(folder / "images.npy", rng.random((100, 2, 12, 16)).astype(np.float32))
    np.save(folder / "odd.npy", rng.random((100, 1, 13, 11)).astype(np.float32))


def worst(folder, words):
    file = words[1]
    x = np.load(folder / file).reshape(len(np.load(folder / file)), -1)
    ae(folder, "train", *words, "--epochs", "2", "--run", "run", "--set", "train.batch_size=20")
    for part in ["whole", "encoder", "decoder"]:
        ae(folder, "export", "run", "-o", f"{part}.onnx", "--part", part)
    ae(folder, "export", "run", "-o", "torch.safetensors")
    ae(folder, "encode", "run", file, "-o", "codes.npy")
    ae(folder, "reconstruct", "run", file, "-o", "back.npy")
    codes, back = np.load(folder / "codes.npy"), np.load(folder / "back.npy").reshape(len(x), -1)

    def onnx(part, rows):
        session = onnxruntime.InferenceSession(folder / f"{part}.onnx", providers=["CPUExecutionProvider"])
        return session.run(None, {session.get_inputs()[0].name: rows})[0]

    model = runpy.run_path(str(folder / "torch.py"))["model"]
    with torch.no_grad():
        from_torch = model(torch.from_numpy(x)).numpy()
    pairs = [(onnx("whole", x), back), (onnx("encoder", x), codes), (onnx("decoder", codes), back), (from_torch, back)]
    return [np.abs(ours - theirs).max() / np.abs(theirs).max() for ours, theirs in pairs]


failed = False
print("| model | ONNX, whole | ONNX, encoder | ONNX, decoder | PyTorch |")
print("|---|---:|---:|---:|---:|")
for name, words in MODELS.items():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        data(folder)
        deviations = worst(folder, words)
        failed |= not max(deviations) <= ALLOWED
        print(f"| {name} | " + " | ".join(f"{deviation:.1e}" for deviation in deviations) + " |", flush=True)
if failed:
    sys.exit(f"a deviation is above {ALLOWED:.0e} of the greatest value")

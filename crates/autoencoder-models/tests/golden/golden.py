"""Writes golden.safetensors and golden.json beside itself: what PyTorch and scikit-learn make of small
models and matrices, in float64, for the tests of this crate to agree with."""

import json
from pathlib import Path

import numpy as np
import sklearn
import torch
from safetensors.numpy import save_file
from sklearn.decomposition import PCA
from torch.nn import functional as F

FOLDER = Path(__file__).parent
FEATURES, BATCH = 6, 5
ACTIVATIONS = {
    "identity": lambda a: a,
    "relu": torch.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": F.softplus,
    "leaky-relu": F.leaky_relu,
}
CASES = {
    "untied-1-sigmoid": dict(hidden=[], code=4, activation="gelu", code_activation="sigmoid", tied=False),
    "tied-1-sigmoid": dict(hidden=[], code=9, activation="gelu", code_activation="sigmoid", tied=True),
    "tied-1-tanh": dict(hidden=[], code=4, activation="gelu", code_activation="tanh", tied=True),
    "untied-3-gelu": dict(hidden=[7, 5], code=3, activation="gelu", code_activation="identity", tied=False),
    "tied-3-tanh": dict(hidden=[7, 5], code=3, activation="tanh", code_activation="relu", tied=True),
    "untied-2-relu": dict(hidden=[8], code=2, activation="relu", code_activation="relu", tied=False),
    "untied-2-silu": dict(hidden=[8], code=2, activation="silu", code_activation="softplus", tied=False),
    "tied-2-leaky-relu": dict(hidden=[8], code=2, activation="leaky-relu", code_activation="identity", tied=True),
}
LOSSES = {
    "squared-error": lambda z, x: ((z - x) ** 2).sum(1).mean(),
    "bernoulli": lambda z, x: F.binary_cross_entropy_with_logits(z, x, reduction="none").sum(1).mean(),
    "categorical": lambda z, x: F.cross_entropy(z, x),
}


def parameters(case, generator):
    """Weights [inputs, outputs] and biases by name."""
    widths = [FEATURES, *case["hidden"], case["code"]]
    named = {}

    def layer(name, inputs, outputs, weights=True):
        if weights:
            named[f"{name}.weight"] = torch.randn(inputs, outputs, generator=generator, dtype=torch.float64)
        named[f"{name}.bias"] = torch.randn(outputs, generator=generator, dtype=torch.float64)

    for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layer(f"encoder.{index}", inputs, outputs)
    for index, (inputs, outputs) in enumerate(zip(widths[::-1], widths[-2::-1])):
        layer(f"decoder.{index}", inputs, outputs, weights=not case["tied"])
    # What is compared are f32 computations, so the numbers must be f32 to begin with.
    return {name: value.float().double().requires_grad_() for name, value in named.items()}


def encode(case, named, x):
    depth = len(case["hidden"]) + 1
    for index in range(depth):
        a = x @ named[f"encoder.{index}.weight"] + named[f"encoder.{index}.bias"]
        x = ACTIVATIONS[case["code_activation"] if index == depth - 1 else case["activation"]](a)
    return x


def decode(case, named, h):
    depth = len(case["hidden"]) + 1
    for index in range(depth):
        if case["tied"]:
            weight = named[f"encoder.{depth - 1 - index}.weight"].T
        else:
            weight = named[f"decoder.{index}.weight"]
        h = h @ weight + named[f"decoder.{index}.bias"]
        h = h if index == depth - 1 else ACTIVATIONS[case["activation"]](h)
    return h


def of_case(name, case, generator):
    named = parameters(case, generator)
    # Rows that every loss is defined for: probability vectors.
    x = torch.softmax(torch.randn(BATCH, FEATURES, generator=generator, dtype=torch.float64), 1).float().double()
    h = encode(case, named, x)
    z = decode(case, named, h)
    golden = {f"{name}/x": x, f"{name}/code": h, f"{name}/output": z, f"{name}/l1": h.abs().sum(1).mean()}
    golden |= {f"{name}/parameter/{key}": value for key, value in named.items()}
    for loss, function in LOSSES.items():
        value = function(z, x)
        golden[f"{name}/loss/{loss}"] = value
        gradients = torch.autograd.grad(value, list(named.values()), retain_graph=True)
        golden |= {f"{name}/gradient/{loss}/{key}": gradient for key, gradient in zip(named, gradients)}
    jacobian = torch.stack([
        torch.autograd.functional.jacobian(lambda row: encode(case, named, row[None])[0], row) for row in x
    ])
    golden[f"{name}/squared_jacobian"] = (jacobian**2).sum((1, 2))
    return golden


def of_pca():
    x = np.random.default_rng(3).normal(size=(20, 6)) @ np.random.default_rng(4).normal(size=(6, 6)) + 5
    x = x.astype(np.float32)
    pca = PCA(3, svd_solver="full").fit(x.astype(np.float64))
    error = ((pca.inverse_transform(pca.transform(x.astype(np.float64))) - x) ** 2).sum(1).mean()
    return {
        "pca/x": x,
        "pca/components": pca.components_,
        "pca/explained_variance": pca.explained_variance_,
        "pca/explained_variance_ratio": pca.explained_variance_ratio_,
        "pca/squared_error_per_example": error,
    }


def main():
    generator = torch.Generator().manual_seed(7)
    golden = {}
    for name, case in CASES.items():
        golden |= of_case(name, case, generator)
    golden = {name: value.detach().numpy() for name, value in golden.items()} | of_pca()
    arrays = {name: np.ascontiguousarray(np.atleast_1d(value), dtype=np.float32) for name, value in golden.items()}
    save_file(arrays, FOLDER / "golden.safetensors")
    versions = {"torch": torch.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__}
    (FOLDER / "golden.json").write_text(json.dumps({"versions": versions, "cases": CASES}, indent=1) + "\n")


main()

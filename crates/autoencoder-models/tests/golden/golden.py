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
BATCH = 5
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


def dense(**config):
    return {"shape": [6], "model": {"kind": "dense", **config}}


def image(kind, **config):
    sizes = dict(kernel=3, stride=2, downsampling="stride", upsampling="transposed", hidden=[])
    return {"shape": [2, 7, 6], "model": {"kind": kind, "activation": "tanh", **sizes, **config}}


CASES = {
    "untied-1-sigmoid": dense(hidden=[], code=4, activation="gelu", code_activation="sigmoid", tied=False),
    "tied-1-sigmoid": dense(hidden=[], code=9, activation="gelu", code_activation="sigmoid", tied=True),
    "tied-1-tanh": dense(hidden=[], code=4, activation="gelu", code_activation="tanh", tied=True),
    "untied-3-gelu": dense(hidden=[7, 5], code=3, activation="gelu", code_activation="identity", tied=False),
    "tied-3-tanh": dense(hidden=[7, 5], code=3, activation="tanh", code_activation="relu", tied=True),
    "untied-2-relu": dense(hidden=[8], code=2, activation="relu", code_activation="relu", tied=False),
    "untied-2-silu": dense(hidden=[8], code=2, activation="silu", code_activation="softplus", tied=False),
    "tied-2-leaky-relu": dense(
        hidden=[8], code=2, activation="leaky-relu", code_activation="identity", tied=True
    ),
    "conv-1-stride": image("conv", channels=[3], code=4, code_activation="identity"),
    "conv-2-stride": image("conv", channels=[3, 4], hidden=[6], code=4, code_activation="sigmoid"),
    "conv-1-kernel-4": image("conv", channels=[3], kernel=4, code=4, code_activation="identity"),
    "conv-2-max-pool": image(
        "conv", channels=[3, 4], downsampling="max-pool", upsampling="nearest", code=4, code_activation="tanh"
    ),
    "conv-1-average-pool": image(
        "conv", channels=[3], downsampling="average-pool", upsampling="nearest", code=4,
        code_activation="identity", activation="relu",
    ),
    "variational": {
        "shape": [6],
        "model": {"kind": "variational", "channels": [], "hidden": [8, 5], "code": 3, "activation": "tanh"},
    },
    "variational-conv": image("variational", channels=[3], hidden=[6], code=2),
}
LOSSES = {
    "squared-error": lambda z, x: ((z - x) ** 2).sum(1).mean(),
    "gaussian": lambda z, x: -torch.distributions.Normal(z, 0.5).log_prob(x).sum(1).mean(),
    "bernoulli": lambda z, x: F.binary_cross_entropy_with_logits(z, x, reduction="none").sum(1).mean(),
    "categorical": lambda z, x: F.cross_entropy(z, x),
}


def size_after(extent, model):
    kernel, stride = model["kernel"], model["stride"]
    if model["downsampling"] == "stride":
        return (extent + 2 * ((kernel - 1) // 2) - kernel) // stride + 1
    return extent // stride


class Case:
    """One model with its parameters, as `Dense`, `Conv` or `Variational` compute it."""

    def __init__(self, case, generator):
        self.model, self.shape, self.generator = case["model"], case["shape"], generator
        self.kind, self.code = self.model["kind"], self.model["code"]
        self.activation = ACTIVATIONS[self.model["activation"]]
        self.code_activation = ACTIVATIONS[self.model.get("code_activation", "identity")]
        self.channels = self.model.get("channels", [])
        self.sizes = [self.shape]
        for channels in self.channels:
            _, height, width = self.sizes[-1]
            self.sizes.append([channels, size_after(height, self.model), size_after(width, self.model)])
        self.widths = [int(np.prod(self.sizes[-1])), *self.model["hidden"]]
        self.named = {}
        if self.kind == "dense":
            self.dense_parameters()
        else:
            self.trunk_parameters()
        # What is compared are f32 computations, so the numbers must be f32 to begin with.
        self.named = {key: value.float().double().requires_grad_() for key, value in self.named.items()}

    def parameter(self, name, *shape):
        self.named[name] = torch.randn(*shape, generator=self.generator, dtype=torch.float64)
        if len(shape) > 2:
            self.named[name] /= 2

    def layer(self, name, inputs, outputs, weights=True):
        if weights:
            self.parameter(f"{name}.weight", inputs, outputs)
        self.parameter(f"{name}.bias", outputs)

    def dense_parameters(self):
        widths = [*self.widths, self.code]
        for index, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            self.layer(f"encoder.{index}", inputs, outputs)
        for index, (inputs, outputs) in enumerate(zip(widths[::-1], widths[-2::-1])):
            self.layer(f"decoder.{index}", inputs, outputs, weights=not self.model["tied"])

    def trunk_parameters(self):
        kernel = self.model.get("kernel")
        for index, (before, after) in enumerate(zip(self.sizes, self.sizes[1:])):
            self.parameter(f"encoder.stages.{index}.weight", after[0], before[0], kernel, kernel)
            self.parameter(f"encoder.stages.{index}.bias", after[0])
        for index, (inputs, outputs) in enumerate(zip(self.widths, self.widths[1:])):
            self.layer(f"encoder.dense.{index}", inputs, outputs)
        for name in ["code"] if self.kind == "conv" else ["mean", "log_variance"]:
            self.layer(name, self.widths[-1], self.code)
        back = [self.code, *self.widths[::-1]]
        for index, (inputs, outputs) in enumerate(zip(back, back[1:])):
            self.layer(f"decoder.dense.{index}", inputs, outputs)
        for index, (before, after) in enumerate(zip(self.sizes[::-1], self.sizes[-2::-1])):
            transposed = self.model["upsampling"] == "transposed"
            first, second = (before[0], after[0]) if transposed else (after[0], before[0])
            self.parameter(f"decoder.stages.{index}.weight", first, second, kernel, kernel)
            self.parameter(f"decoder.stages.{index}.bias", after[0])

    def linear(self, name, x):
        return x @ self.named[f"{name}.weight"] + self.named[f"{name}.bias"]

    def trunk(self, x):
        if self.channels:
            padding = (self.model["kernel"] - 1) // 2
            pool = {"stride": lambda x: x, "max-pool": F.max_pool2d, "average-pool": F.avg_pool2d}
            arguments = () if self.model["downsampling"] == "stride" else (self.model["stride"],)
            stride = self.model["stride"] if not arguments else 1
            x = x.reshape(len(x), *self.shape)
            for index in range(len(self.channels)):
                name = f"encoder.stages.{index}"
                x = F.conv2d(x, self.named[f"{name}.weight"], self.named[f"{name}.bias"], stride, padding)
                x = pool[self.model["downsampling"]](self.activation(x), *arguments)
            x = x.flatten(1)
        for index in range(len(self.model["hidden"])):
            x = self.activation(self.linear(f"encoder.dense.{index}", x))
        return x

    def encode(self, x):
        if self.kind == "conv":
            return self.code_activation(self.linear("code", self.trunk(x)))
        if self.kind == "variational":
            return self.linear("mean", self.trunk(x))
        depth = len(self.model["hidden"]) + 1
        for index in range(depth):
            a = self.linear(f"encoder.{index}", x)
            x = self.code_activation(a) if index == depth - 1 else self.activation(a)
        return x

    def decode(self, h):
        if self.kind != "dense":
            return self.decode_trunk(h)
        depth = len(self.model["hidden"]) + 1
        for index in range(depth):
            if self.model["tied"]:
                weight = self.named[f"encoder.{depth - 1 - index}.weight"].T
            else:
                weight = self.named[f"decoder.{index}.weight"]
            h = h @ weight + self.named[f"decoder.{index}.bias"]
            h = h if index == depth - 1 else self.activation(h)
        return h

    def decode_trunk(self, h):
        layers = len(self.widths)
        for index in range(layers):
            h = self.linear(f"decoder.dense.{index}", h)
            if index < layers - 1 or self.channels:
                h = self.activation(h)
        if not self.channels:
            return h
        kernel, stride = self.model["kernel"], self.model["stride"]
        padding = (kernel - 1) // 2
        h = h.reshape(len(h), *self.sizes[-1])
        for index, (before, after) in enumerate(zip(self.sizes[::-1], self.sizes[-2::-1])):
            weight, bias = (self.named[f"decoder.stages.{index}.{part}"] for part in ["weight", "bias"])
            if self.model["upsampling"] == "transposed":
                added = [to - ((of - 1) * stride - 2 * padding + kernel) for of, to in zip(before[1:], after[1:])]
                h = F.conv_transpose2d(h, weight, bias, stride, padding, added)
            else:
                h = F.conv2d(F.interpolate(h, size=after[1:], mode="nearest"), weight, bias, 1, padding)
            h = h if index == len(self.channels) - 1 else self.activation(h)
        return h.flatten(1)

    def kl(self, x):
        trunk = self.trunk(x)
        posterior = torch.distributions.Normal(
            self.linear("mean", trunk), (0.5 * self.linear("log_variance", trunk)).exp()
        )
        prior = torch.distributions.Normal(torch.zeros(()).double(), torch.ones(()).double())
        return torch.distributions.kl_divergence(posterior, prior).sum(1).mean()


def of_case(name, case, generator):
    case = Case(case, generator)
    features = int(np.prod(case.shape))
    normal = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    # Rows that every loss is defined for: probability vectors.
    x = torch.softmax(normal(BATCH, features), 1).float().double()
    v = normal(BATCH, features).float().double()
    h = case.encode(x)
    z = case.decode(h)
    _, tangent = torch.func.jvp(case.encode, (x,), (v,))
    golden = {f"{name}/x": x, f"{name}/v": v, f"{name}/code": h, f"{name}/output": z, f"{name}/tangent": tangent}
    golden |= {f"{name}/parameter/{key}": value for key, value in case.named.items()}
    objectives = {loss: function(z, x) for loss, function in LOSSES.items()}
    objectives["directional"] = (tangent**2).sum(1).mean()
    if case.kind == "variational":
        objectives["kl"] = case.kl(x)
    jacobians = torch.stack([torch.func.jacrev(lambda row: case.encode(row[None])[0])(row) for row in x])
    golden[f"{name}/squared_jacobian"] = (jacobians**2).sum((1, 2))
    objectives["contractive"] = (jacobians**2).sum((1, 2)).mean()
    for objective, value in objectives.items():
        golden[f"{name}/loss/{objective}"] = value
        gradients = torch.autograd.grad(value, list(case.named.values()), retain_graph=True, allow_unused=True)
        for (key, parameter), gradient in zip(case.named.items(), gradients):
            golden[f"{name}/gradient/{objective}/{key}"] = (
                torch.zeros_like(parameter) if gradient is None else gradient
            )
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

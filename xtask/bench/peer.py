"""The workloads of `crates/autoencoder/examples/workloads` in PyTorch, driven line by line by `cargo xtask bench`.

`peer.py FOLDER [--compile] [--device cuda] [--batch N]` answers the same words: initial weights, data and noise are
read from FOLDER, where the other side wrote them. With `--compile` the step goes through torch.compile; the optimiser
is the fused one either way. On a GPU products are those of f32, or with `--tf32` those of its faster, coarser format.
"""

import argparse
import json
import struct
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=Path)
parser.add_argument("--compile", action="store_true")
parser.add_argument("--device", default="cpu")
parser.add_argument("--batch", type=int)
parser.add_argument("--tf32", action="store_true")
WORDS = parser.parse_args()
FOLDER = WORDS.folder
COMPILE = WORDS.compile
DEVICE = torch.device(WORDS.device)
BATCHES = 10


def rows_of(name, features):
    values = np.fromfile(FOLDER / name, dtype=np.float32).reshape(-1, features).copy()
    return torch.from_numpy(values).to(DEVICE)


IMAGES = rows_of("images.f32", 784)


def finish():
    """Waits for a device that works on by itself."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()


def weights_of(path):
    """The tensors of a safetensors file by name: a header of JSON, then the numbers."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    header.pop("__metadata__", None)
    body = raw[8 + length :]
    return {
        name: torch.from_numpy(
            np.frombuffer(body[slice(*entry["data_offsets"])], dtype=np.float32).reshape(entry["shape"]).copy()
        ).to(DEVICE)
        for name, entry in header.items()
    }



def dense(p, part, x, last):
    """ReLU layers of one part, the last with an activation of its own."""
    count = sum(1 for name in p if name.startswith(f"{part}.") and name.endswith(".weight"))
    for index in range(count):
        x = x @ p[f"{part}.{index}.weight"] + p[f"{part}.{index}.bias"]
        x = last(x) if index + 1 == count else torch.relu(x)
    return x


def bits(z, x):
    return F.binary_cross_entropy_with_logits(z, x, reduction="sum") / x.shape[0]


def squares(y, x):
    return F.mse_loss(y, x, reduction="sum") / x.shape[0]


def same(x):
    return x


def tied(p, x):
    w, b, c = p["encoder.0.weight"], p["encoder.0.bias"], p["decoder.0.bias"]
    h = torch.sigmoid(x @ w + b)
    return h, h @ w.T + c


def conv(p, x):
    x = x.view(-1, 1, 28, 28)
    for index in range(2):
        x = F.conv2d(x, p[f"encoder.stages.{index}.weight"], p[f"encoder.stages.{index}.bias"], stride=2, padding=1)
        x = torch.relu(x)
    h = torch.relu(x.flatten(1) @ p["code.weight"] + p["code.bias"])
    x = torch.relu(h @ p["decoder.dense.0.weight"] + p["decoder.dense.0.bias"]).view(-1, 32, 7, 7)
    for index in range(2):
        x = F.conv_transpose2d(
            x,
            p[f"decoder.stages.{index}.weight"],
            p[f"decoder.stages.{index}.bias"],
            stride=2,
            padding=1,
            output_padding=1,
        )
        x = torch.relu(x) if index == 0 else x
    return x.flatten(1)


def w1(p, x, noise):
    return squares(torch.sigmoid(dense(p, "decoder", dense(p, "encoder", x, torch.relu), same)), x)


def cross_entropy(p, x, noise):
    return bits(dense(p, "decoder", dense(p, "encoder", x, torch.relu), same), x)


def w3(p, x, noise):
    mask = torch.rand_like(x) >= 0.25 if noise is None else noise
    return bits(tied(p, x * mask)[1], x)


def w4(p, x, noise):
    h = dense(p, "encoder", x, torch.relu)
    return squares(dense(p, "decoder", h, same), x) + 1e-3 * h.abs().sum() / x.shape[0]


def w6(p, x, noise):
    return bits(conv(p, x), x)


def w7(p, x, noise):
    h, z = tied(p, x)
    slope = h - h * h
    norms = (p["encoder.0.weight"] ** 2).sum(0)
    return bits(z, x) + 0.1 * (slope * slope * norms).sum(1).mean()


def w8(p, x, noise):
    return squares(dense(p, "decoder", dense(p, "encoder", x, torch.relu), same), x)


def w9(p, x, noise):
    x_hidden = torch.relu(x @ p["encoder.dense.0.weight"] + p["encoder.dense.0.bias"])
    mean = x_hidden @ p["mean.weight"] + p["mean.bias"]
    log_variance = x_hidden @ p["log_variance.weight"] + p["log_variance.bias"]
    e = torch.randn_like(mean) if noise is None else noise
    h = mean + torch.exp(0.5 * log_variance) * e
    hidden = torch.relu(h @ p["decoder.dense.0.weight"] + p["decoder.dense.0.bias"])
    z = hidden @ p["decoder.dense.1.weight"] + p["decoder.dense.1.bias"]
    kl = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(1).mean()
    return bits(z, x) + kl


WORKLOADS = {
    "W1": (w1, 128),
    "W2": (cross_entropy, 128),
    "W3": (w3, 20),
    "W4": (w4, 256),
    "W5": (cross_entropy, 512),
    "W6": (w6, 128),
    "W7": (w7, 100),
    "W8": (w8, 1024),
    "W9": (w9, 128),
}


class Training:
    def __init__(self, name):
        self.name = name
        self.loss, self.batch = WORKLOADS[name]
        self.batch = WORDS.batch or self.batch
        self.compiled = torch.compile(self.loss) if COMPILE else self.loss
        rows = rows_of("activations.f32", 768) if name == "W8" else IMAGES
        self.batches = rows[: BATCHES * self.batch].clone().split(self.batch)
        if len(self.batches[-1]) < self.batch:
            self.batches = self.batches[:-1]
        path = FOLDER / f"{name}.noise.f32"
        self.noise = np.fromfile(path, dtype=np.float32) if path.exists() else None
        self.restart()

    def restart(self):
        initial = weights_of(FOLDER / f"{self.name}.safetensors")
        self.p = {name: tensor.requires_grad_() for name, tensor in initial.items()}
        if self.name == "W3":
            self.optimizer = torch.optim.SGD(self.p.values(), lr=0.1, fused=True)
        else:
            self.optimizer = torch.optim.Adam(self.p.values(), lr=1e-3, fused=True)
        self.step_number = 0

    def noise_of(self, step):
        if self.noise is None:
            return None
        width = 784 if self.name == "W3" else 20
        size = self.batch * width
        values = torch.from_numpy(self.noise[step * size : (step + 1) * size].copy())
        return values.view(self.batch, width).to(DEVICE)

    def step(self, loss, noise):
        x = self.batches[self.step_number % len(self.batches)]
        value = loss(self.p, x, noise)
        self.optimizer.zero_grad(set_to_none=True)
        value.backward()
        self.optimizer.step()
        self.step_number += 1
        return value

    def steps(self, count):
        if DEVICE.type != "cpu":
            finish()
            began = time.perf_counter()
            for _ in range(count):
                self.step(self.compiled, None)
            finish()
            return [(time.perf_counter() - began) * 1e3 / count]
        times = []
        for _ in range(count):
            began = time.perf_counter()
            self.step(self.compiled, None)
            times.append((time.perf_counter() - began) * 1e3)
        return times

    def curve(self, count):
        self.restart()
        losses = [self.step(self.loss, self.noise_of(step)).item() for step in range(count)]
        self.restart()
        return losses


class Inference:
    def __init__(self, name):
        self.name = name
        widths = [784, 128, 64] if name == "I3" else [784, 1000, 500, 250, 30]
        both = widths + widths[-2::-1]
        pairs = list(zip(both, both[1:]))
        linear = [torch.nn.Linear(i, o) for i, o in pairs]
        depth = len(widths) - 1
        modules = [m for layer in linear for m in (layer, torch.nn.ReLU())][:-1]
        self.encoder = torch.nn.Sequential(*modules[: 2 * depth])
        self.whole = torch.nn.Sequential(*modules)
        if COMPILE:
            self.encoder, self.whole = torch.compile(self.encoder), torch.compile(self.whole)

    def steps(self, count):
        times = []
        for _ in range(count):
            began = time.perf_counter()
            with torch.inference_mode():
                if self.name == "I3":
                    self.encoder(IMAGES[:1])
                else:
                    for start in range(0, len(IMAGES), 1024):
                        x = IMAGES[start : start + 1024]
                        if self.name == "I1":
                            self.encoder(x)
                        else:
                            ((torch.sigmoid(self.whole(x)) - x) ** 2).sum(1)
            times.append((time.perf_counter() - began) * 1e3)
        return times


def product_rate():
    size = 1536 if DEVICE.type == "cpu" else 8192
    a, b = torch.randn(size, size, device=DEVICE), torch.randn(size, size, device=DEVICE)
    best = float("inf")
    for _ in range(8):
        finish()
        began = time.perf_counter()
        a @ b
        finish()
        best = min(best, (time.perf_counter() - began) * 1e3)
    return size**3 / best


def peak_memory():
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1]) / 1024
    return None


def main():
    torch.set_float32_matmul_precision("high" if WORDS.tf32 else "highest")
    prepared = None
    for line in sys.stdin:
        words = line.split()
        match words:
            case ["prepare", name]:
                prepared = Training(name) if name in WORKLOADS else Inference(name)
                answer = {"torch": torch.__version__}
            case ["product"]:
                answer = {"multiplications_per_ms": product_rate()}
            case ["memory"]:
                answer = {"peak_mib": peak_memory()}
            case ["steps", count]:
                answer = {"ms": prepared.steps(int(count))}
            case ["curve", count]:
                answer = {"losses": prepared.curve(int(count))}
            case _:
                raise SystemExit(f"`{line.strip()}` is no command here")
        print(json.dumps(answer), flush=True)


main()

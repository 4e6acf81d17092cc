"""The recipe `mnist-deep` in PyTorch, from process start to exit: what a whole run of `ae train` is compared with.

`mnist_deep.py DATA EPOCHS [WIDTHS BATCH]`: DATA holds mnist/train-images-idx3-ubyte.gz and so on; WIDTHS are those of the
encoder's layers after the first, such as 600,200,24, instead of the recipe's.
"""

import gzip
import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

RATE, WARM_UP, INITIAL, LAST = 2e-3, 0.15, 0.04, 1e-3
FOLDER, EPOCHS = Path(sys.argv[1]) / "mnist", int(sys.argv[2])
WIDTHS = [int(width) for width in (sys.argv[3] if len(sys.argv) > 3 else "1000,500,250,30").split(",")]
BATCH = int(sys.argv[4]) if len(sys.argv) > 4 else 256


def images(name):
    with gzip.open(FOLDER / name) as file:
        raw = np.frombuffer(file.read(), dtype=np.uint8, offset=16)
    return torch.from_numpy(raw.reshape(-1, 784).astype(np.float32) / 255)


def model():
    widths = [784, *WIDTHS]
    both = widths + widths[-2::-1]
    linear = [nn.Linear(i, o) for i, o in zip(both, both[1:])]
    for layer in linear:
        nn.init.kaiming_normal_(layer.weight)
        nn.init.zeros_(layer.bias)
    modules = []
    for index, layer in enumerate(linear):
        modules.append(layer)
        if index + 1 not in (len(widths) - 1, len(linear)):
            modules.append(nn.GELU())
    return nn.Sequential(*modules)


def factor(step, steps):
    done = step / max(steps - 1, 1)
    cosine = lambda a, b, share: b + (a - b) * (1 + math.cos(math.pi * share)) / 2
    return cosine(INITIAL, 1, done / WARM_UP) if done < WARM_UP else cosine(1, LAST, (done - WARM_UP) / (1 - WARM_UP))


def loss(net, x):
    return F.binary_cross_entropy_with_logits(net(x), x, reduction="sum") / len(x)


def main():
    torch.manual_seed(7)
    everything, test = images("train-images-idx3-ubyte.gz"), images("t10k-images-idx3-ubyte.gz")
    order = torch.randperm(len(everything))
    train, validation = everything[order[:54000]], everything[order[54000:]]
    net = model()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=0.01, fused=True)
    steps = math.ceil(len(train) / BATCH) * EPOCHS
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: factor(step, steps))
    for epoch in range(EPOCHS):
        net.train()
        shuffled = torch.randperm(len(train))
        for start in range(0, len(train), BATCH):
            value = loss(net, train[shuffled[start : start + BATCH]])
            optimizer.zero_grad(set_to_none=True)
            value.backward()
            optimizer.step()
            schedule.step()
        net.eval()
        with torch.inference_mode():
            total = sum(loss(net, part).item() * len(part) for part in validation.split(BATCH))
        print(f"epoch {epoch + 1} validation {total / len(validation):.4f}", flush=True)
    with torch.inference_mode():
        squared = sum(((torch.sigmoid(net(part)) - part) ** 2).sum().item() for part in test.split(BATCH))
    print(f"test squared error {squared / len(test):.3f} per example")



main()

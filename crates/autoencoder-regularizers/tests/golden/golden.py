"""Writes golden.json beside itself: what PyTorch makes of the penalties on a small code, in float64, for the
tests of this crate to agree with."""

import json
from pathlib import Path

import torch

RHO = 0.1


def kl(h):
    target, mean = (torch.distributions.Bernoulli(p) for p in [torch.tensor(RHO).double(), h.mean(0)])
    return torch.distributions.kl_divergence(target, mean).sum()


def orthogonal(h):
    covariance = torch.cov(h.T, correction=0)
    return (covariance - torch.diag(covariance.diag())).pow(2).sum() / 2


PENALTIES = {"l1": lambda h: h.abs().sum(1).mean(), "kl": kl, "orthogonal": orthogonal}


def main():
    generator = torch.Generator().manual_seed(7)
    h = torch.rand(6, 4, generator=generator, dtype=torch.float64).float().double().requires_grad_()
    golden = {"torch": torch.__version__, "rho": RHO, "h": h.tolist(), "penalties": {}}
    for name, penalty in PENALTIES.items():
        value = penalty(h)
        (gradient,) = torch.autograd.grad(value, h)
        golden["penalties"][name] = {"value": value.item(), "gradient": gradient.tolist()}
    (Path(__file__).parent / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

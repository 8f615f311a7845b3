"""Figure 1 in full: eight estimators of W₁ between two samples of 500 faces, 32 × 32, d = 3072.

Ours against the loop that everyone writes in PyTorch: nn.Sequential, autograd's double backward, torch.optim, the
pixels as they are, the cost anew at every step. Both have 3 hidden layers of 64 units and Adam with 10⁻³ and (0, 0.9);
λ = 10, ε = 0.1. Steps per second are taken in turn, the ratios are of medians. Our time to 5 % of the exact W₁ includes
that for fewer coordinates, which a short run does not need: so it is given with all of them as well.
"""

import argparse
import statistics
import time
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from wgan_helpers import images, transport
from wgan_helpers.lessons.estimators import BASE, METHODS, Estimator, Pair, samples

NEAR = 0.05
EVERY = 5  # steps from one look at the clock, or at the estimate, to the next


class Training(Protocol):
    estimate: float

    def step(self, times: int) -> None: ...


class MaxMin(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        a, b = x.unflatten(-1, (-1, 2)).unbind(-1)
        return torch.cat([torch.maximum(a, b), torch.minimum(a, b)], dim=-1)


class Plain:
    """As in the tutorials."""

    def __init__(self, method: str, x: Tensor, y: Tensor) -> None:
        self.method, self.x, self.y = method, x, y
        self.network = self.critic(x.shape[1])
        self.debias = [(self.critic(x.shape[1]), points) for points in (x, y) if method == "c-eps-debiased"]
        parameters = [p for network in (self.network, *(n for n, _ in self.debias)) for p in network.parameters()]
        self.adam = torch.optim.Adam(parameters, lr=1e-3, betas=(0.0, 0.9))

    def critic(self, inputs: int) -> nn.Module:
        wrap = {"spectral": parametrizations.spectral_norm, "lipschitz": parametrizations.orthogonal}
        held = wrap.get(self.method, lambda layer: layer)
        active = {"lipschitz": MaxMin, "spectral": lambda: nn.LeakyReLU(0.2)}.get(self.method, nn.ReLU)
        layers: list[nn.Module] = []
        for size in (inputs, 64, 64):
            layers += [held(nn.Linear(size, 64)), active()]
        return nn.Sequential(*layers, held(nn.Linear(64, 1)))

    def value(self, network: nn.Module, x: Tensor, y: Tensor) -> Tensor:
        """What the critic maximises, without a penalty."""
        if not self.method.startswith("c-"):
            return network(x).mean() - network(y).mean()
        potential = network(x).squeeze(1)
        gap = torch.cdist(y, x) - potential
        if self.method == "c-transform":
            return potential.mean() + gap.min(dim=1).values.mean()
        soft = -0.1 * (torch.logsumexp(-gap / 0.1, dim=1) - torch.log(torch.tensor(len(x))))
        return potential.mean() + soft.mean()

    def penalty(self) -> Tensor:
        share = torch.rand(len(self.x), 1)
        y = self.y[torch.randperm(len(self.y))]
        at = (share * self.x + (1 - share) * y).requires_grad_()
        (gradient,) = torch.autograd.grad(self.network(at).sum(), at, create_graph=True)
        excess = gradient.norm(dim=1) - 1
        return 10 * (excess if self.method == "wgan-gp" else excess.clamp(min=0)).square().mean()

    def step(self, times: int) -> None:
        for _ in range(times):
            loss = -self.value(self.network, self.x, self.y)
            for network, points in self.debias:
                loss = loss - self.value(network, points, points)
            if self.method in ("wgan-gp", "wgan-lp"):
                loss = loss + self.penalty()
            self.adam.zero_grad()
            loss.backward()
            self.adam.step()
            if self.method == "clipping":
                with torch.no_grad():
                    for p in self.network.parameters():
                        p.clamp_(-0.01, 0.01)

    @property
    @torch.no_grad()
    def estimate(self) -> float:
        extra = [self.value(network, points, points) for network, points in self.debias]
        return float(self.value(self.network, self.x, self.y) - sum(extra) / 2)


def rate(training: Training, seconds: float) -> float:
    """Steps per second over at least so many seconds."""
    started, steps = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        training.step(EVERY)
        steps += EVERY
    return steps / (time.perf_counter() - started)


def until_near(training: Training, exact: float, seconds: float, before: float = 0.0) -> str:
    """Seconds after which it is within 5 % for good, or how far it is when all are over; estimates are not timed."""
    spent, steps, since = 0.0, 0, ""
    while spent < seconds:
        began = time.perf_counter()
        training.step(EVERY)
        spent, steps = spent + time.perf_counter() - began, steps + EVERY
        if abs(training.estimate / exact - 1) > NEAR:
            since = ""
        elif not since:
            since = f"{spent + before:.2f} ({steps} steps)"
    return since or f"not in {seconds:.0f}: {training.estimate / exact:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Figure 1 side by side.")
    parser.add_argument("--quick", action="store_true", help="3 short rounds, and 3 seconds for each method")
    parser.add_argument("--threads", type=int, help="PyTorch's threads; its own default if not given")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    rounds, seconds, limit = (3, 0.3, 3.0) if options.quick else (7, 1.0, 20.0)
    x, y = images.load("faces", size=32, n=1000).flat.split(500)
    exact = float(transport.wasserstein1(x, y))
    began = time.perf_counter()
    pair = samples("faces", n=500, size=32)
    taken = time.perf_counter() - began
    centre = torch.cat([x, y]).mean(dim=0)
    full = Pair(x - centre, y - centre)
    print(f"{torch.get_num_threads()} threads; exact W1 {exact:.3f}; fewer coordinates: {taken:.2f} s once\n")
    print("| | plain PyTorch, steps per s | ours | | seconds to 5 %: plain | ours | ours, all coordinates |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, method in METHODS.items():
        runs: list[Training] = [Plain(name, x, y), Estimator(name, pair, BASE)]
        for run in runs:
            run.step(EVERY)
        found = [[rate(run, seconds) for run in runs] for _ in range(rounds)]
        plain, ours = (statistics.median(each) for each in zip(*found, strict=True))
        near = (
            until_near(Plain(name, x, y), exact, limit),
            until_near(Estimator(name, pair, BASE), exact, limit, before=taken),
            until_near(Estimator(name, full, BASE), exact, limit),
        )
        print(f"| {method.label} | {plain:.0f} | {ours:.0f} | {ours / plain:.1f}× |", " | ".join(near), "|", flush=True)


if __name__ == "__main__":
    main()

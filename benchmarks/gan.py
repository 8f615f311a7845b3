"""Generator steps per second on the ring of 8 Gaussians: ours against the loop that everyone writes in PyTorch.

WGAN-GP, λ = 0.1, 5 critic steps, 3 hidden layers, Adam. One model, and populations, in model-steps per second. All are
timed in turn, several times, and the ratios are of medians.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Iterator

import torch
from torch import nn

from wgan_helpers import gans
from wgan_helpers.distributions import GaussianRing

SIZES = {"H 64, n 128": (64, 128), "H 32, n 64": (32, 64)}
POPULATIONS = (1, 4, 16, 64)
EVERY = 20  # steps from one look at the clock to the next


def plain(hidden: int, batch: int) -> Iterator[None]:
    """As in the tutorials: modules, double backward, torch.optim."""

    def network(outputs: int) -> nn.Module:
        layers: list[nn.Module] = [nn.Linear(2, hidden), nn.ReLU()]
        for _ in range(2):
            layers += [nn.Linear(hidden, hidden), nn.ReLU()]
        return nn.Sequential(*layers, nn.Linear(hidden, outputs))

    generator, critic = network(2), network(1)
    generator_adam = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.9))
    critic_adam = torch.optim.Adam(critic.parameters(), lr=1e-3, betas=(0.5, 0.9))
    centres = GaussianRing().centres.float()
    std = GaussianRing().mode_std
    for step in itertools.count():
        if step % EVERY == 0:
            yield
        for _ in range(5):
            real = centres[torch.randint(8, (batch,))] + std * torch.randn(batch, 2)
            fake = generator(torch.randn(batch, 2)).detach()
            share = torch.rand(batch, 1)
            at = (share * real + (1 - share) * fake).requires_grad_()
            (gradient,) = torch.autograd.grad(critic(at).sum(), at, create_graph=True)
            penalty = ((gradient.norm(dim=1) - 1) ** 2).mean()
            loss = critic(fake).mean() - critic(real).mean() + 0.1 * penalty
            critic_adam.zero_grad()
            loss.backward()
            critic_adam.step()
        loss = -critic(generator(torch.randn(batch, 2))).mean()
        generator_adam.zero_grad()
        loss.backward()
        generator_adam.step()


def ours(hidden: int, batch: int, models: int) -> Iterator[object]:
    configs = [gans.Config(hidden=hidden, batch=batch, steps=10**9, seed=seed) for seed in range(models)]
    if models == 1:
        return gans.train(configs[0], GaussianRing(), every=EVERY)
    return gans.train_population(configs, GaussianRing(), every=EVERY)


def rate(run: Iterator[object], seconds: float) -> float:
    """Steps per second over at least so many seconds."""
    started, rounds = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        next(run)
        rounds += 1
    return EVERY * rounds / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description="GAN training side by side.")
    parser.add_argument("--quick", action="store_true", help="5 short rounds instead of 9")
    parser.add_argument("--threads", type=int, help="PyTorch's threads; its own default if not given")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    rounds, seconds = (5, 0.4) if options.quick else (9, 1.0)
    print(
        f"generator steps per second, {torch.get_num_threads()} threads; in brackets model-steps over plain PyTorch\n"
    )
    print("| | plain PyTorch |", " | ".join(f"{models} at once" for models in POPULATIONS), "|")
    print("|---|--:|" + "--:|" * len(POPULATIONS))
    for name, (hidden, batch) in SIZES.items():
        runs: dict[int, Iterator[object]] = {0: plain(hidden, batch)}
        runs |= {models: ours(hidden, batch, models) for models in POPULATIONS}
        for run in runs.values():
            next(run)
        found = [{models: rate(run, seconds) for models, run in runs.items()} for _ in range(rounds)]
        median = {models: statistics.median(one[models] for one in found) for models in runs}
        cells = [
            f"{models * median[models]:.0f} ({models * median[models] / median[0]:.1f}×)" for models in POPULATIONS
        ]
        print(f"| {name} | {median[0]:.0f} |", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()

"""§4.2, Figures 2 and 3: what critics in training say of W₁, and what the pictures are like."""

import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import Tensor

from wgan_helpers import gans, images, recorded, transport
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.critic_estimates import compare
from wgan_helpers.networks import face_features

#: What is compared: the settings in which they differ. The paper's ε is 1000; in brightness from 0 to 255 that is 3.9.
METHODS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "wgan-gp": {"objective": "wgan-gp", "penalty": 10.0},
        "c-transform": {"objective": "c-transform"},
        "c-eps-transform-0.1": {"objective": "c-eps-transform", "epsilon": 0.1},
        "c-eps-transform-3.9": {"objective": "c-eps-transform", "epsilon": 1000 / 255},
        "c-eps-transform-1000": {"objective": "c-eps-transform", "epsilon": 1000.0},
        "wgan": {"objective": "wgan", "clip": 0.01},
        "wgan-lp": {"objective": "wgan-lp", "penalty": 10.0},
    }
)
#: What they share in Figure 3.
PICTURES: Final = gans.Config(
    critic="conv",
    generator="conv",
    hidden=32,
    latent=64,
    batch=64,
    steps=1500,
    critic_steps=5,
    lr_critic=5e-4,
    lr_generator=5e-4,
    beta1=0.0,
    beta2=0.9,
)
REAL: Final = "real"  # pictures, against other ones
_RECORDED: Final = {"name": "faces", "size": 32, "n": 10_000, "seed": 0}
_EVERY: Final = 25  # steps from one measurement to the next
_JUDGED, _REFERENCE, _SHEET = 500, 2000, 64  # generated pictures, real ones, those that are shown
_PAIRS: Final = 50  # of minibatches of real pictures


class Quality:
    """How good pictures are: their Fréchet distance to real ones, in what a network reads of faces.

    Parameters
    ----------
    pictures : Pictures
        The real ones.
    """

    def __init__(self, pictures: images.Pictures) -> None:
        self._shape = pictures.shape
        self._real = self._features(pictures.sample(_REFERENCE, torch.Generator().manual_seed(1)))

    def __call__(self, points: Tensor) -> float:
        """Of 500 pictures ``(500, d)``: the distance is biased, equally for equally many."""
        return float(gans.metrics.frechet_distance(self._features(points), self._real))

    def _features(self, points: Tensor) -> Tensor:
        return face_features.features(points.unflatten(1, self._shape)).cpu()


def _row(snapshot: gans.Snapshot, config: gans.Config, pictures: images.Pictures, quality: Quality) -> recorded.Row:
    """What is measured at one moment, on minibatches that no training has seen together."""
    seed = monte_carlo.generator(config.seed, snapshot.step).initial_seed()
    generator = torch.Generator(snapshot.estimate.device).manual_seed(seed)
    real, fake = pictures.sample(config.batch, generator), snapshot.sample(config.batch, generator)
    found = compare(snapshot, config, real, fake)
    about = {"step": snapshot.step, "seconds": snapshot.seconds}
    last = {"in_training": float(snapshot.estimate), "frechet": quality(snapshot.sample(_JUDGED))}
    return about | found._asdict() | last


def recordable(device: str = "cpu", size: int = 32, steps: int = PICTURES.steps) -> dict[str, recorded.Run]:
    """What is recorded for Figures 2 and 3: the training of each method, and real pictures for comparison.

    Parameters
    ----------
    device : str
        Where to train.
    size : int
        Height and width of the faces.
    steps : int
        Of each generator.
    """
    source = _RECORDED | {"size": size}
    runs = {REAL: recorded.Run({"source": source, "minibatch": PICTURES.batch}, 0, lambda _: _compare_real(source))}
    for method, differs in METHODS.items():
        config = replace(PICTURES, steps=steps, **differs)
        settings = {"config": asdict(config), "source": source, "every": _EVERY, "judged": [_JUDGED, _REFERENCE]}
        runs[method] = recorded.Run(settings, steps, _training(config, source, device))
    return runs


def _training(config: gans.Config, source: Mapping[str, Any], device: str) -> Any:
    def rows(checkpoint: Path) -> recorded.Rows:
        pictures = images.load(**source)
        quality = Quality(pictures)
        for snapshot in gans.train(config, pictures, device=device, every=_EVERY, checkpoint=checkpoint):
            if snapshot.step % _EVERY == 0 or snapshot.step == config.steps:  # not where an interrupted run goes on
                yield _row(snapshot, config, pictures, quality)
        return _sheet(snapshot.sample(_SHEET), pictures)

    return rows


def _compare_real(source: Mapping[str, Any]) -> recorded.Rows:
    """Real pictures in the place of generated ones: what a perfect generator would reach."""
    began, pictures = time.perf_counter(), images.load(**source)
    # those that no reference was drawn from
    others = pictures.sample(_REFERENCE + 2 * _PAIRS * PICTURES.batch, torch.Generator().manual_seed(1))[_REFERENCE:]
    exact = transport.wasserstein1(*others.reshape(2, _PAIRS, PICTURES.batch, -1))
    found = {"exact": float(exact.mean()), "frechet": Quality(pictures)(others[:_JUDGED])}
    yield {"step": 0, "seconds": time.perf_counter() - began} | found
    return _sheet(pictures.sample(_SHEET, torch.Generator().manual_seed(2)), pictures)


def _sheet(points: Tensor, pictures: images.Pictures) -> Any:
    return images.sheet(points.cpu().unflatten(1, pictures.shape))

"""Figures 2 and 3 at length: faces of 32 × 32 pixels, convolutional networks, an hour of training, recorded."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import gans, images, recorded, transport
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.critic_estimates import METHODS, compare, corrected
from wgan_helpers.networks import face_features

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

#: What the methods share.
SHARED: Final = gans.Config(
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
_SOURCE: Final = {"name": "faces", "size": 32, "n": 10_000, "seed": 0}
_EVERY: Final = 25  # steps from one measurement to the next
_JUDGED, _REFERENCE, _SHEET = 500, 2000, 64  # generated pictures, real ones, those that are shown
_PAIRS: Final = 50  # of minibatches of real pictures


class Quality:
    """How good pictures of faces are: their Fréchet distance to real ones, in what a network reads of faces.

    Parameters
    ----------
    pictures : Pictures
        The real ones, 2000 or more.
    """

    def __init__(self, pictures: images.Pictures) -> None:
        self._shape = pictures.shape
        self._real = self._features(pictures.sample(_REFERENCE, torch.Generator().manual_seed(1)))

    def __call__(self, points: Tensor) -> float:
        """Of pictures ``(n, d)``; biased upwards, equally for equally many."""
        return float(gans.metrics.frechet_distance(self._features(points), self._real))

    def _features(self, points: Tensor) -> Tensor:
        return face_features.features(points.unflatten(1, self._shape)).cpu()


def recordable(device: str = "cpu", size: int = 32, steps: int = SHARED.steps) -> dict[str, recorded.Run]:
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
    source = _SOURCE | {"size": size}
    runs = {REAL: recorded.Run({"source": source, "minibatch": SHARED.batch}, 0, lambda _: _compare_real(source))}
    for method, differs in METHODS.items():
        config = replace(SHARED, steps=steps, **differs)
        settings = {"config": asdict(config), "source": source, "every": _EVERY, "judged": [_JUDGED, _REFERENCE]}
        runs[method] = recorded.Run(settings, steps, _training(config, source, device))
    return runs


def _training(config: gans.Config, source: Mapping[str, Any], device: str) -> Callable[[Path], recorded.Rows]:
    def rows(checkpoint: Path) -> recorded.Rows:
        pictures = images.load(**source)
        quality = Quality(pictures)
        for snapshot in gans.train(config, pictures, device=device, every=_EVERY, checkpoint=checkpoint):
            if snapshot.step % _EVERY == 0 or snapshot.step == config.steps:  # not where an interrupted run goes on
                yield _row(snapshot, config, pictures, quality)
        return _sheet(snapshot.sample(_SHEET), pictures)

    return rows


def _row(snapshot: gans.Snapshot, config: gans.Config, pictures: images.Pictures, quality: Quality) -> recorded.Row:
    """What is measured at one moment, on fresh minibatches."""
    seed = monte_carlo.generator(config.seed, snapshot.step).initial_seed()
    generator = torch.Generator(snapshot.estimate.device).manual_seed(seed)
    real, fake = pictures.sample(config.batch, generator), snapshot.sample(config.batch, generator)
    found = {name: float(value) for name, value in compare(snapshot, config, real, fake)._asdict().items()}
    about = {"step": snapshot.step, "seconds": snapshot.seconds}
    last = {"in_training": float(snapshot.estimate), "frechet": quality(snapshot.sample(_JUDGED))}
    return about | found | last


def _compare_real(source: Mapping[str, Any]) -> recorded.Rows:
    """Real pictures in the place of generated ones: what a perfect generator would reach."""
    began, pictures = time.perf_counter(), images.load(**source)
    # those that no reference was drawn from
    others = pictures.sample(_REFERENCE + 2 * _PAIRS * SHARED.batch, torch.Generator().manual_seed(1))[_REFERENCE:]
    exact = transport.wasserstein1(*others.reshape(2, _PAIRS, SHARED.batch, -1))
    found = {"exact": float(exact.mean()), "frechet": Quality(pictures)(others[:_JUDGED])}
    yield {"step": 0, "seconds": time.perf_counter() - began} | found
    return _sheet(pictures.sample(_SHEET, torch.Generator().manual_seed(2)), pictures)


def _sheet(points: Tensor, pictures: images.Pictures) -> "np.ndarray":
    return images.sheet(points.cpu().unflatten(1, pictures.shape))


def curves(record: recorded.Recorded) -> pd.DataFrame:
    """The rows of a record as :func:`.training_estimation.plot` takes them; those of real pictures are left out."""
    settings = {method: about["settings"].get("config", {}) for method, about in record.about.items()}
    frame = record.frame.rename(columns={"frechet": "quality"}).assign(repetition=0, data="faces", n=SHARED.batch)
    for name in ("objective", "penalty"):
        frame[name] = frame["method"].map({method: config.get(name) for method, config in settings.items()})
    trained = frame[frame["method"] != REAL]
    return trained.assign(corrected=corrected(trained))


def plot_sheets(record: recorded.Recorded, columns: int = 4) -> "Figure":
    """Figure 3: what each method's generator made after the same number of steps, beside real pictures."""
    import matplotlib.pyplot as plt

    last = record.frame.groupby("method").last()
    names = [REAL, *(method for method in METHODS if method in record.sheets)]
    rows = -(-len(names) // columns)
    figure, panels = plt.subplots(
        rows, columns, figsize=(2.3 * columns, 1.85 * rows), layout="constrained", squeeze=False
    )
    for panel in panels.flat:
        panel.set_axis_off()
    for panel, name in zip(panels.flat, names, strict=False):
        sheet = record.sheets[name]
        panel.imshow(sheet[: len(sheet) * 5 // 8])  # five of eight rows, to keep the notebook small
        step = "" if name == REAL else f", step {last.loc[name, 'step']:.0f}"
        panel.set_title(f"{name}{step}\nFréchet {last.loc[name, 'frechet']:.1f}", fontsize=9)
    return figure

"""§4.1, Figure 1: critics as estimators of W₁ between two samples that stay."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from wgan_helpers import _checks, gans, recorded, transport, ui
from wgan_helpers.gans.checkpoint import Saver
from wgan_helpers.lessons import monte_carlo
from wgan_helpers.lessons.estimators import BASE, METHODS, Estimator, Pair, samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: How near is near: within this share of the exact distance.
NEAR: Final = 0.05
#: What is recorded besides the methods: the gradient penalty, with a network four times as wide.
WIDE: Final = "wgan-gp-wide"
_WIDTH: Final = 256
#: What each is called.
LABELS: Final = {name: method.label for name, method in METHODS.items()} | {WIDE: f"gradient p., {_WIDTH} units"}
#: How each is drawn.
LOOKS: Final[Mapping[str, tuple[str, Any]]] = {
    "c-transform": ("blue", "-"),
    "c-eps-transform": ("sky", "--"),
    "c-eps-debiased": ("sky", (0, (6, 1, 1, 1))),
    "wgan-gp": ("red", "-"),
    WIDE: ("red", "--"),
    "wgan-lp": ("orange", "--"),
    "lipschitz": ("green", "-."),
    "spectral": ("purple", ":"),
    "clipping": ("brown", (0, (1, 3))),
}
_PER_DECADE: Final = 12  # moments of a curve
_SIZE: Final = (9.5, 4.6)  # inches
_HIGHEST: Final = 3.0  # of a picture: where a small λ takes the gradient penalty is nowhere near


def measure(
    methods: Sequence[str] = tuple(METHODS),
    steps: int = 300,
    base: gans.Config = BASE,
    rates: Sequence[float] | None = None,
    *,
    seed: int = 0,
    repetitions: int = 1,
    progress: bool = False,
    executor: Executor | None = None,
    **sampled: Any,
) -> pd.DataFrame:
    """What each method says of W₁, after 0, 1, 2, … ``steps`` steps.

    Parameters
    ----------
    methods : sequence of str
        Names of :data:`.METHODS`.
    steps : int
        Of each.
    base : Config
        All settings that they share.
    rates : sequence of float, optional
        Learning rates to try; that of ``base`` if not given.
    seed, repetitions, progress, executor
        As for every lesson's ``measure``; each repetition has samples and weights of its own.
    **sampled
        As for :func:`.samples`: ``data, n, d, size, shift, scale``.

    Returns
    -------
    DataFrame
        One row per method, rate, repetition and moment: the arguments of :func:`.samples` that were given, ``method,
        hidden, depth, penalty, epsilon, rate, repetition, seed, step, seconds, estimate, slope, exact, nearest``.
        ``slope`` is the network's mean gradient between the samples; ``nearest`` is what the c-transform says of
        φ ≡ 0: the mean distance of a point of y to the nearest of x.
    """
    for name in methods:
        _checks.one_of(name, "method", METHODS)
    _checks.integer(steps, "steps")
    rates = [base.lr_critic] if rates is None else list(rates)
    seeds = [1000 * _checks.integer(seed, "seed", 0) + r for r in range(_checks.integer(repetitions, "repetitions"))]
    tasks = [
        (name, steps, replace(base, lr_critic=rate, seed=each), sampled, repetition)
        for name in methods
        for rate in rates
        for repetition, each in enumerate(seeds)
    ]
    return monte_carlo.collect(_train, tasks, executor, progress)


def _train(method: str, steps: int, base: gans.Config, sampled: Mapping[str, Any], repetition: int) -> pd.DataFrame:
    pair = samples(**sampled, seed=base.seed)
    Estimator(method, pair, base).step()  # what a first step loads is none of the method's time
    estimator, known = Estimator(method, pair, base), truth(pair)
    config = estimator.config
    settings = {name: getattr(config, name) for name in ("hidden", "depth", "penalty", "epsilon")}
    about = {**sampled, "method": method, **settings, "rate": config.lr_critic}
    about |= {"repetition": repetition, "seed": config.seed}
    rows = []
    for moment in moments(steps):
        estimator.step(moment - estimator.steps)
        rows.append(about | _found(estimator) | known)
    return pd.DataFrame(rows)


def _found(estimator: Estimator) -> dict[str, float]:
    about = {"step": estimator.steps, "seconds": estimator.seconds}
    return about | {"estimate": estimator.estimate, "slope": estimator.slope}


def truth(pair: Pair) -> dict[str, float]:
    """The exact W₁ of two samples, and ``nearest``: the mean distance of a point of y to the nearest of x."""
    nearest = transport.pairwise_distance(pair.y, pair.x).amin(dim=1).mean()
    return {"exact": float(transport.wasserstein1(*pair)), "nearest": float(nearest)}


def moments(steps: int) -> list[int]:
    """The steps 0, 1, 2, … at which to look: twelve in each decade, and the last."""
    grid = np.geomspace(1, steps, max(2, round(_PER_DECADE * np.log10(max(steps, 2)))))
    return sorted({0, *np.round(grid).astype(int).tolist(), steps})


def reached(frame: pd.DataFrame, within: float = NEAR) -> pd.DataFrame:
    """When each method came near the exact distance, and where it ended.

    Parameters
    ----------
    frame : DataFrame
        Of :func:`measure`.
    within : float
        How near is near, as a share of the exact distance.

    Returns
    -------
    DataFrame
        Index ``method, rate``. ``first``: the first step at which it is near; ``stays``: that from which it is near for
        good, and ``seconds`` until then; medians over the repetitions of which that is true, their number ``settled``.
        ``last`` and ``error``: the estimate in the end over the exact distance, mean and standard error.
    """
    _checks.positive(within, "within")
    rows = []
    for (method, rate, _), run in frame.groupby(["method", "rate", "repetition"], sort=False):
        ratio = (run["estimate"] / run["exact"]).to_numpy()
        near = np.abs(ratio - 1) <= within
        since = len(near) - int(np.argmin(near[::-1])) if not near.all() else 0  # after the last that is not
        settled = run.iloc[since] if since < len(run) else None
        rows.append(
            {
                "method": method,
                "rate": rate,
                "first": run["step"].iloc[int(near.argmax())] if near.any() else np.nan,
                "stays": np.nan if settled is None else settled["step"],
                "seconds": np.nan if settled is None else settled["seconds"],
                "last": ratio[-1],
            }
        )
    groups = pd.DataFrame(rows).groupby(["method", "rate"], sort=False)
    table = groups[["first", "stays", "seconds"]].median()
    return table.assign(settled=groups["stays"].count(), last=groups["last"].mean(), error=groups["last"].sem())


def plot(frame: pd.DataFrame, ax: "Axes | None" = None) -> "Axes":
    """Draw each method's estimate over the exact distance as it trains, mean and twice its standard error."""
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.subplots(figsize=_SIZE, layout="constrained")[1]  # the key stands beside it
    share = frame.assign(share=frame["estimate"] / frame["exact"])
    for method in (name for name in LOOKS if name in set(frame["method"])):
        line = monte_carlo.mean_and_error(share[share["method"] == method], ["step"], "share")
        color, dash = LOOKS[method]
        error, label = 2 * line["sem"].fillna(0), LABELS[method]
        ui.band(ax, line["step"], line["mean"], error, color=color, linestyle=dash, label=label)
    draw_truth(ax, float((frame["nearest"] / frame["exact"]).mean()), int(frame["step"].max()), share["share"])
    runs = frame["repetition"].nunique()
    ax.set_title(f"{runs} pairs of samples, with 2 SE" if runs > 1 else "one pair of samples")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def draw_truth(ax: "Axes", nearest: float, steps: int, shares: Any) -> None:
    """The lines to compare with, and axes that hold the curves."""
    ax.axhline(1, color="black", linewidth=1.2, label="exact $W_1$ of the samples")
    ax.axhspan(1 - NEAR, 1 + NEAR, color=ui.PALETTE["grey"], alpha=0.2, linewidth=0, label=f"within {NEAR:.0%}")
    ax.axhline(nearest, color="black", linestyle=":", label="$φ ≡ 0$: nearest neighbour")
    ax.set_xscale("symlog", linthresh=1, linscale=0.3)
    decades = [10**k for k in range(int(np.log10(max(steps, 10))) + 1)]
    ax.set_xticks([0, *decades], ["0", *(f"{tick:,}" for tick in decades)])
    ax.set_xticks([], minor=True)
    ax.set(xlim=(0, max(10, 1.1 * steps)), ylim=(-0.05, min(_HIGHEST, max(1.25, 1.05 * float(np.max(shares))))))
    ax.set(xlabel="steps of the critic", ylabel="estimate / exact $W_1$")


#: Steps of each method that are recorded. The paper speaks of 100,000 for the gradient penalty.
RECORDED: Final[Mapping[str, int]] = {
    "c-transform": 3000,
    "c-eps-transform": 3000,
    "c-eps-debiased": 1000,
    "wgan-gp": 100_000,
    WIDE: 20_000,
    "wgan-lp": 10_000,
    "lipschitz": 10_000,
    "spectral": 10_000,
    "clipping": 3000,
}
#: The fields of a configuration that a critic alone depends on.
_DECIDE: Final = tuple(
    "objective critic hidden depth lr_critic beta1 beta2 penalty clip epsilon seed precision".split()
)
_SAVED_EVERY: Final = 30.0  # seconds
_BETWEEN_SAVINGS: Final = 100  # steps at most


def recordable(device: str = "cpu", size: int = 32, steps: int | None = None) -> dict[str, recorded.Run]:
    """What is recorded for Figure 1: all methods on two samples of 500 faces.

    Parameters
    ----------
    device : str
        Where to train.
    size : int
        Height and width of the faces.
    steps : int, optional
        Of each method; those of :data:`RECORDED` if not given.
    """
    sampled = {"data": "faces", "n": 500, "size": size}
    runs = {}
    for method, usual in RECORDED.items():
        last = usual if steps is None else _checks.integer(steps, "steps")
        name, base = ("wgan-gp", replace(BASE, hidden=_WIDTH)) if method == WIDE else (method, BASE)
        config = asdict(replace(base, **METHODS[name].settings))
        settings = {"config": {field: config[field] for field in _DECIDE}, "samples": sampled, "steps": last}
        if gans.OBJECTIVES[config["objective"]].penalty is not None:
            settings["penalised pairs"] = "drawn at every step"
        runs[method] = recorded.Run(settings, last, _recording(name, base, sampled, last, device))
    return runs


def _recording(method: str, base: gans.Config, sampled: Mapping[str, Any], steps: int, device: str) -> Any:
    def rows(checkpoint: Path) -> recorded.Rows:
        x, y = samples(**sampled)
        pair = Pair(x.to(device), y.to(device))
        Estimator(method, pair, base).step()  # what a first step loads is none of the method's time
        estimator, known = Estimator(method, pair, base), truth(pair)
        saved = Saver(checkpoint, estimator, _SAVED_EVERY)
        for moment in moments(steps):
            if moment < estimator.steps:
                continue
            while estimator.steps < moment:
                estimator.step(min(_BETWEEN_SAVINGS, moment - estimator.steps))
                saved.now_and_then(estimator.seconds)
            yield _found(estimator) | known | {"penalty": estimator.config.penalty, "repetition": 0}
        return None

    return rows

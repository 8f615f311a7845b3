r"""§6: what k-means of pixels sorts faces by.

For every factor a face was drawn from: the share of its variance that lies *between* the clusters. k-means minimises
pixel distance, so it sorts by what moves many pixels: background, light, hair, and hardly by what makes a person.
"""

from typing import TYPE_CHECKING, Final

import pandas as pd
import torch
from torch import Tensor

from wgan_helpers import _checks, images, ui
from wgan_helpers.images.faces import Factors
from wgan_helpers.lessons import batches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final = {
    "light": "orange",
    "background": "green",
    "clothes": "purple",
    "pose": "sky",
    "identity": "blue",
    "expression": "red",
}


def measure(pictures: images.Pictures, k: int = 64, *, seed: int = 0) -> pd.DataFrame:
    """How much of each factor the clusters of k-means know.

    Parameters
    ----------
    pictures : Pictures
        Drawn faces: their factors are known.
    k : int
        Centroids.
    seed : int
        Of k-means.

    Returns
    -------
    DataFrame
        One row per factor: ``factor, group, k, n, seed, known``; the last is the variance between the clusters over
        the whole: 0 for a factor that k-means does not see, (k − 1)/(n − 1) by chance. Of a factor with several
        numbers, their mean.

    Raises
    ------
    ValueError
        If the factors of the pictures are not known.
    """
    factors = pictures.factors
    if not isinstance(factors, Factors):
        raise ValueError(f"the factors of {pictures.name} are not known: take images.load('faces')")
    cluster = batches.clusters(pictures, _checks.integer(k, "k", minimum=2), seed)
    count = torch.bincount(cluster, minlength=k).double()
    rows = []
    for name, span in Factors.RANGES.items():
        values = getattr(factors, name).double().reshape(len(pictures), -1)
        centred = values - values.mean(dim=0)
        sums = torch.zeros(k, values.shape[1], dtype=torch.float64).index_add_(0, cluster, centred)
        between = (sums.square() / count.clamp(min=1)[:, None]).sum(dim=0)
        known = float((between / centred.square().sum(dim=0)).mean())
        row = {"factor": name, "group": span.group, "k": k, "n": len(pictures), "seed": seed}
        rows.append(row | {"known": known})
    return pd.DataFrame(rows)


def plot(frame: pd.DataFrame, ax: "Axes | None" = None, most: int = 8, least: int = 8) -> "Axes":
    """Draw the factors that the clusters know best, and those of identity and expression that they know least."""
    ax = ui.axes(ax)
    ordered = frame.sort_values("known", ascending=False)
    person = ordered[ordered["group"].isin(("identity", "expression"))]
    shown = pd.concat([ordered.head(most), person.tail(least)]).drop_duplicates("factor")
    for group, rows in shown.assign(place=range(len(shown))).groupby("group", sort=False):
        ax.barh(rows["place"], 100 * rows["known"], color=ui.PALETTE[_COLOURS[str(group)]], label=group)
        for row in rows.itertuples():
            ax.text(100 * row.known + 1, row.place, row.factor.replace("_", " "), va="center", fontsize=9)
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_yticks([])
    ax.set_xlabel("variance between the clusters (%)")
    ax.set_title(f"k-means with k = {frame['k'].iloc[0]} on {frame['n'].iloc[0]} faces")
    ax.legend(loc="lower right")
    return ax


def explore(seed: int = 0) -> ui.LiveFigure:
    """What k-means of pixels sorts faces by, live, beside its centroids."""
    controls = {
        "k": ui.slider("centroids k", [4, 9, 16, 25, 36, 64, 100], 64),
    }

    def compute(k: int) -> tuple[Tensor, pd.DataFrame]:
        faces = batches.pictures("faces", 32)
        centroids = batches.kmeans_batch(faces, k, seed).reshape(k, *faces.shape)
        return centroids, measure(faces, k, seed=seed)

    def draw(result: tuple[Tensor, pd.DataFrame], panels: list["Axes"]) -> None:
        centroids, frame = result
        panels[0].imshow(images.sheet(centroids))
        panels[0].set_axis_off()
        panels[0].set_title(f"{len(centroids)} centroids")
        plot(frame, panels[1])

    return ui.LiveFigure(compute, draw, controls, panels=2, size=(9.6, 4.6))

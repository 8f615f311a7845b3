"""Figures 5 and 6: which batch wins where."""

import time
from concurrent.futures import ThreadPoolExecutor

import matplotlib.pyplot as plt
import numpy as np
import ot
import pytest
import torch
from sklearn.cluster import KMeans

from wgan_helpers import images
from wgan_helpers.distributions import Bernoulli, Gaussian, UniformCube
from wgan_helpers.lessons import batches, crossover, false_minima, monte_carlo


def means(law, n=64, repetitions=20, **options):
    return false_minima.measure(law, n, repetitions, **options).groupby("batch")["w1"].mean()


def test_the_mean_batch_needs_no_solver():
    x, mean = torch.randn(30, 4, dtype=torch.float64), torch.ones(4, dtype=torch.float64)
    cost = ot.dist(x.numpy(), mean.expand(30, -1).numpy(), metric="euclidean")
    assert batches.mean_batch_w1(x, mean).item() == pytest.approx(ot.emd2([], [], cost), rel=1e-12)


def test_in_low_dimension_a_real_batch_beats_the_mean_and_in_high_dimension_it_loses():
    low, high = means(Gaussian(2), kinds=("fresh", "mean")), means(Gaussian(1000), kinds=("fresh", "mean"))
    assert low["fresh"] < low["mean"]
    assert high["fresh"] > high["mean"]
    # an independent implementation: 1.37
    assert high["fresh"] / high["mean"] == pytest.approx(1.37, abs=0.01)


def test_centroids_beat_a_real_batch_in_the_middle():
    found = means(Gaussian(16))
    assert found["k-means"] < found["fresh"]


def test_on_digits_centroids_win_but_the_mean_does_not():
    found = means(images.load("digits"))
    assert found["k-means"] < found["fresh"] < found["mean"]


@pytest.mark.parametrize(("law", "n", "expected"), [(Gaussian, 64, 17), (Gaussian, 512, 30), (UniformCube, 64, 18)])
def test_the_crossover_agrees_with_an_independent_implementation(law, n, expected):
    assert abs(crossover.dimension(n, law, repetitions=40) - expected) <= 1


def test_the_crossover_grows_with_the_batch():
    frame = crossover.measure(sizes=(4, 16, 64), repetitions=40)
    assert frame["crossover"].is_monotonic_increasing
    assert frame["crossover"].iloc[0] < frame["crossover"].iloc[-1]


def test_a_batch_of_one_is_always_worse_than_the_mean():
    assert crossover.dimension(1) == 1


def test_all_kinds_meet_the_same_minibatches():
    law = Gaussian(5)
    alone = false_minima.measure(law, 8, 4, kinds=("fresh",))["w1"]
    together = false_minima.measure(law, 8, 4)
    np.testing.assert_array_equal(alone, together.loc[together["batch"] == "fresh", "w1"])


def test_centroids_are_fitted_one_after_the_other_whoever_asks(monkeypatch):
    # scikit-learn changes the threads of BLAS for the whole process: fits that overlap can hang it
    at_work, most = [], []

    def fit(self, points):
        at_work.append(self)
        most.append(len(at_work))
        time.sleep(0.02)
        at_work.pop()
        self.cluster_centers_ = points[: self.n_clusters]
        return self

    monkeypatch.setattr(KMeans, "fit", fit)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda seed: batches.kmeans_batch(Gaussian(3), 4, seed), range(900, 908)))
    batches.kmeans_batch.cache_clear()
    assert most == [1] * 8


def test_centroids_are_fitted_to_other_points_than_those_they_are_judged_by(monkeypatch):
    known, fit = [], batches._fit
    monkeypatch.setattr(batches, "_fit", lambda points, *rest: known.append(points) or fit(points, *rest))
    law, n = Gaussian(3), 8
    batches.kmeans_batch(law, n, 77)
    for repetition in (0, 1, law.dim):
        judged = law.sample(2 * n, monte_carlo.generator(77, n, law.dim, repetition))
        assert not torch.isin(judged, known[0]).any()


def test_centroids_of_fewer_values_than_centroids_are_fine():
    assert batches.kmeans_batch(Bernoulli(0.5), 8).shape == (8, 1)


def test_pictures_show_every_kind_in_the_shape_of_the_set():
    shown = false_minima.pictures_of(images.load("digits"), 9)
    assert list(shown) == list(batches.KINDS)
    assert {tuple(pixels.shape) for pixels in shown.values()} == {(9, 1, 8, 8)}
    assert (shown["mean"] == shown["mean"][0]).all()


def test_the_three_batches_are_drawn_with_their_distances():
    digits = images.load("digits")
    frame = false_minima.measure(digits, 4, 3)
    panels = plt.subplots(1, 4)[1]
    false_minima.plot_pictures(frame, false_minima.pictures_of(digits, 4), panels)
    for ax, (kind, group) in zip(panels[:3], frame.groupby("batch", sort=False), strict=True):
        assert ax.get_title(loc="center").startswith(f"{kind}: ")
        assert f"{group['w1'].mean():.3f}" in ax.get_title(loc="center")
        assert ax.images[0].get_array().shape == (17, 17)


def test_what_is_not_computed_yet_stays_empty():
    digits = images.load("digits")
    frame = false_minima.measure(digits, 4, 3, kinds=("fresh", "mean"))
    panels = plt.subplots(1, 4)[1]
    false_minima.plot_pictures(frame, false_minima.pictures_of(digits, 4, kinds=("fresh", "mean")), panels)
    assert panels[2].get_title(loc="center") == "k-means: …"
    assert not panels[2].images
    assert len(panels[3].patches) == 5  # the paper's three, and two of ours


def test_the_bars_stand_for_our_ratios_and_the_papers():
    digits = images.load("digits")
    frame = false_minima.measure(digits, 4, 3)
    panels = plt.subplots(1, 4)[1]
    false_minima.plot_pictures(frame, false_minima.pictures_of(digits, 4), panels)
    mean = frame.groupby("batch")["w1"].mean()
    ours, papers = (
        [bar.get_width() for bar in panels[3].patches[::2]],
        [bar.get_width() for bar in panels[3].patches[1::2]],
    )
    assert ours == pytest.approx([1, mean["mean"] / mean["fresh"], mean["k-means"] / mean["fresh"]])
    assert papers == pytest.approx([1, 48.73 / 51.40, 40.15 / 51.40])


@pytest.fixture(scope="module")
def faces():
    return images.load("faces", size=32, n=2000)


def test_on_drawn_faces_the_mean_and_the_centroids_beat_a_real_batch_as_in_the_paper(faces):
    found = means(faces)
    assert found["k-means"] < found["mean"] < found["fresh"]


def test_clusters_of_small_pictures_are_as_good_as_clusters_of_large_ones(faces):
    centroids = batches.kmeans_batch(faces, 32)
    ours = float(torch.cdist(faces.flat, centroids).amin(dim=1).square().sum())
    fitted = KMeans(32, init="random", n_init=1, max_iter=25, random_state=0).fit(faces.flat.numpy())
    assert ours < 1.01 * fitted.inertia_


def test_the_centroid_of_a_large_picture_is_the_mean_of_its_cluster(faces):
    labels, centroids = batches.clusters(faces, 8), batches.kmeans_batch(faces, 8)
    for cluster in range(8):
        torch.testing.assert_close(centroids[cluster], faces.flat[labels == cluster].mean(dim=0), rtol=1e-4, atol=1e-5)


def test_the_pictures_show_the_measured_means():
    frame = false_minima.measure([Gaussian(d) for d in (2, 32)], 16, 5)
    relative = false_minima.plot(frame, relative=True)
    fresh = next(line for line in relative.get_lines() if line.get_label() == "fresh batch")
    np.testing.assert_allclose(fresh.get_ydata(), 1)
    absolute = false_minima.plot(frame)
    mean = next(line for line in absolute.get_lines() if line.get_label() == "mean batch")
    np.testing.assert_allclose(mean.get_ydata(), frame[frame["batch"] == "mean"].groupby("dim")["w1"].mean())


def test_the_spread_is_drawn_for_every_kind():
    frame = false_minima.measure(Gaussian(2), 4, 6)
    ax = false_minima.plot_spread(frame)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(batches.KINDS)
    points = np.concatenate([dots.get_offsets()[:, 0] for dots in ax.collections if len(dots.get_offsets()) == 6])
    np.testing.assert_allclose(sorted(points), sorted(frame["w1"]))


def test_the_crossover_is_drawn():
    ax = crossover.plot(crossover.measure(sizes=(2, 8), repetitions=10))
    assert ax.get_ylabel() == "crossover dimension d"


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"n": 0}, "n must be at least 1, got 0"),
        ({"repetitions": 0}, "repetitions must be at least 1"),
        ({"kinds": ("kmeans",)}, "unknown kind of batch 'kmeans': did you mean 'k-means'"),
        ({"n": 1000}, "n must be at most 1797, the number of digits, got 2000"),
    ],
)
def test_bad_settings_are_refused_in_one_line(setting, says):
    with pytest.raises(ValueError, match=says):
        false_minima.measure(images.load("digits"), **({"n": 8, "repetitions": 2} | setting))

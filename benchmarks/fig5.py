"""Figure 5 in full on drawn faces, beside scikit-learn's k-means and a loop over POT.

    python benchmarks/fig5.py [--quick]

10,000 faces of 64 × 64, k = n = 64: the centroids, and W1 of a fresh batch, the mean batch and the centroids to each of
100 minibatches. scikit-learn runs as the course sets it (``init="random"``, one start, at most 25 iterations) and with
its own defaults, once since it takes minutes. Each method runs in a process of its own, in turn, for the peak of its
memory; medians of three rounds.
``--quick`` takes 2000 faces and one round. Target: at least 10 times as fast at an inertia within 1 %, in at most 1 GB.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import numpy as np
import ot
import torch
from sklearn.cluster import KMeans

from wgan_helpers import images
from wgan_helpers.lessons import batches, monte_carlo

K = 64
REPETITIONS = 100
SLOW = "scikit-learn's defaults, POT"


def main() -> None:
    parser = argparse.ArgumentParser(description="Figure 5 side by side.")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--method", choices=METHODS, help="this one only, in this process")
    options = parser.parse_args()
    count = 2000 if options.quick else 10_000
    if options.method:
        print(json.dumps(run(options.method, count)))
        return
    images.load("faces", n=count)  # drawn before the clock starts
    command = [sys.executable, __file__, "--method"]
    found: dict[str, list[dict[str, float]]] = {method: [] for method in METHODS}
    for round_ in range(1 if options.quick else 3):
        for method in METHODS:
            if method == SLOW and round_ > 0:
                continue
            arguments = [*command, method, *["--quick"] * options.quick]
            found[method].append(json.loads(subprocess.run(arguments, check=True, capture_output=True).stdout))
    median = {
        method: {key: statistics.median(one[key] for one in rounds) for key in rounds[0]}
        for method, rounds in found.items()
    }
    ours = median["wgan_helpers"]
    print(f"{count} faces, {torch.get_num_threads()} threads\n")
    print(
        "| method | k-means, s | W1, s | together, ours = 1 | inertia, ours = 1 | mean : fresh | k-means : fresh | MB |"
    )
    print("|---|--:|--:|--:|--:|--:|--:|--:|")
    for method, one in median.items():
        together = (one["kmeans"] + one["w1"]) / (ours["kmeans"] + ours["w1"])
        columns = [
            f"{one['kmeans']:.2f}",
            f"{one['w1']:.2f}",
            f"{together:.1f}",
            f"{one['inertia'] / ours['inertia']:.4f}",
        ]
        columns += [f"{one['mean']:.4f}", f"{one['centroids']:.4f}", f"{one['memory']:.0f}"]
        print(f"| {method} |", " | ".join(columns), "|")


def run(method: str, count: int) -> dict[str, float]:
    faces = images.load("faces", n=count)
    # what is needed once, by all: compiled code, the pictures' file in memory
    batches.transport.wasserstein1(*torch.randn(2, 2, 8, 3))
    assert faces.mean.isfinite().all()
    started = time.perf_counter()
    centroids = METHODS[method](faces)
    fitted = time.perf_counter()
    w1 = (ours_w1 if method == "wgan_helpers" else pot_w1)(faces, centroids)
    ended = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return {
        "kmeans": fitted - started,
        "w1": ended - fitted,
        "inertia": inertia(faces, centroids),
        "mean": w1["mean"] / w1["fresh"],
        "centroids": w1["k-means"] / w1["fresh"],
        "memory": memory,
    }


def ours_centroids(faces: images.Pictures) -> torch.Tensor:
    return batches.kmeans_batch(faces, K)


def ours_w1(faces: images.Pictures, centroids: torch.Tensor) -> dict[str, float]:
    rounds = monte_carlo.blocks(REPETITIONS)
    frames = [batches.compare(faces, K, block, batches.KINDS, 0).groupby("batch")["w1"].mean() for block in rounds]
    return (sum(frames) / len(frames)).to_dict()


def sklearn_centroids(faces: images.Pictures, **settings: object) -> torch.Tensor:
    return torch.from_numpy(KMeans(K, random_state=0, **settings).fit(faces.flat.numpy()).cluster_centers_)


def pot_w1(faces: images.Pictures, centroids: torch.Tensor) -> dict[str, float]:
    """The same minibatches, one after the other."""
    mean = faces.mean.float().expand(K, -1)
    values = []
    for r in range(REPETITIONS):
        target, fresh = faces.sample(2 * K, monte_carlo.generator(0, K, faces.dim, r)).split(K)
        costs = [ot.dist(x.numpy(), target.numpy(), "euclidean") for x in (fresh, mean, centroids)]
        values.append([ot.emd2([], [], cost) for cost in costs])
    return dict(zip(batches.KINDS, np.mean(values, axis=0).tolist(), strict=True))


def inertia(faces: images.Pictures, centroids: torch.Tensor) -> float:
    """The sum of squared distances to the nearest centroid."""
    nearest = (torch.cdist(block.flatten(1), centroids).amin(dim=1) for block in faces.blocks())
    return float(sum(part.double().square().sum() for part in nearest))


METHODS = {
    "wgan_helpers": ours_centroids,
    "scikit-learn as set here, POT": lambda faces: sklearn_centroids(faces, init="random", n_init=1, max_iter=25),
    SLOW: sklearn_centroids,
}


if __name__ == "__main__":
    main()

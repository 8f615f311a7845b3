"""Pictures of triangles: what is drawn, and how far a picture is from all of them."""

import numpy as np
import pytest
import torch
from matplotlib.path import Path
from scipy.optimize import minimize
from torch import Generator, Tensor

from wgan_helpers.distributions import HasManifold, Law, Triangles


def seeded(seed: int = 0) -> Generator:
    return Generator().manual_seed(seed)


def corners(angles: Tensor, size: int) -> np.ndarray:
    """As Lucic et al. write it: on the unit circle, to [0, 1], to three quarters of the picture, centred."""
    at = np.deg2rad(120 * np.arange(3) + 10 + angles.numpy())
    points = (np.stack([np.cos(at), np.sin(at)], axis=1) / 2 + 0.5) * 0.75 * size
    return points - points.mean(axis=0) + size / 2


def some(n: int, law: Triangles) -> Tensor:
    return law._angles(torch.rand(n, 4, generator=seeded(3), dtype=torch.float64))


@pytest.mark.parametrize("size", [8, 28])
def test_pixels_are_what_a_fine_mask_covers(size):
    law = Triangles(size)
    fine = (np.arange(16 * size) + 0.5) / 16
    at = np.stack(np.meshgrid(fine, fine), axis=-1).reshape(-1, 2)
    angles = some(20, law)
    for picture, each in zip(law.draw(angles), angles, strict=True):
        mask = Path(corners(each, size)).contains_points(at).reshape(size, 16, size, 16).mean(axis=(1, 3))
        np.testing.assert_allclose(1 - picture.reshape(size, size), mask, atol=0.07)  # a line through 16² points


def test_what_is_covered_is_the_triangle_s_area():
    law = Triangles()
    angles = some(200, law)
    for picture, each in zip(law.draw(angles), angles, strict=True):
        (ax, ay), (bx, by), (cx, cy) = corners(each, law.size)
        assert (1 - picture).sum().item() == pytest.approx(abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2)


def test_an_edge_along_the_rows_covers_no_more():
    law = Triangles()
    level = torch.tensor([[80.0, 80.0, 50.0], [80.0, 80.0, 50.001]], dtype=torch.float64)  # corners at 90°, 210°, 300°
    flat = torch.tensor([[20.0, 0.0, 50.0], [50.0, 50.0, 50.0]], dtype=torch.float64)  # two corners at 30° and 150°
    for angles in (level, flat):
        pictures = law.draw(angles)
        assert pictures.isfinite().all() and pictures.min() >= 0 and pictures.max() <= 1
    assert (law.draw(level)[0] - law.draw(level)[1]).abs().max() < 1e-3


def test_a_law_of_pictures():
    law = Triangles(12)
    x = law.sample(20_000, seeded(), dtype=torch.float64)
    assert isinstance(law, Law) and isinstance(law, HasManifold)
    assert x.shape == (20_000, law.dim) == (20_000, 144)
    assert x.min() >= 0 and x.max() <= 1
    assert (x.mean(dim=0) - law.mean).abs().max() < 5 * x.std(dim=0).max() / len(x) ** 0.5 + 0.005
    assert law.sample(5, seeded(7)).equal(law.sample(5, seeded(7)))
    assert law.sample(5, seeded(7)).dtype == torch.float32
    assert Triangles(12) == law != Triangles(12, rotation=0.0)


@pytest.mark.parametrize("rotation", [0.0, 6.28, 360.0])
def test_its_own_pictures_are_on_the_manifold(rotation):
    law = Triangles(rotation=rotation)
    distance = law.distance_to_manifold(law.sample(200, seeded(1)))
    assert distance.shape == (200,) and distance.dtype == torch.float64
    assert distance.median() < 1e-4 and distance.quantile(0.95) < 0.01


def test_no_triangle_is_nearer_than_the_distance_says():
    law = Triangles(16)
    angles = some(6, law)
    x = law.draw(angles) + 0.1 * torch.randn(6, law.dim, generator=seeded(2), dtype=torch.float64)
    for picture, start, found in zip(x, angles, law.distance_to_manifold(x), strict=True):

        def to_triangle(a: np.ndarray, picture: Tensor = picture) -> float:
            return float((law.draw(law._possible(torch.from_numpy(a)[None])) - picture).norm())

        best = minimize(to_triangle, start.numpy(), method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-7})
        assert found.item() == pytest.approx(best.fun, rel=1e-3)


def test_distances_keep_the_leading_axes():
    law = Triangles(8)
    x = torch.rand(2, 3, law.dim, generator=seeded())
    assert law.distance_to_manifold(x).shape == (2, 3)
    assert law.distance_to_manifold(x)[1, 2].item() == pytest.approx(law.distance_to_manifold(x[1, 2]).item())


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (lambda: Triangles(size=2), "size must be at least 4, got 2"),
        (lambda: Triangles(rotation=400.0), "rotation must be"),
        (
            lambda: Triangles(8).distance_to_manifold(torch.zeros(2, 63)),
            r"points must have shape \(..., 64\), got \(2, 63\)",
        ),
    ],
)
def test_bad_input(call, line):
    with pytest.raises(ValueError, match=line):
        call()

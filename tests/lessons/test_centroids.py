"""What k-means of pixels sorts faces by."""

import pytest
import torch

from wgan_helpers import images
from wgan_helpers.images import Pictures, faces
from wgan_helpers.lessons import centroids


@pytest.fixture(scope="module")
def known():
    return centroids.measure(images.load("faces", size=32, n=2000), k=32).set_index("factor")["known"]


def test_light_and_skin_are_known_and_a_smile_is_not(known):
    chance = 31 / 1999
    assert known["skin_tone"] > 0.4
    assert known["light_azimuth"] > 0.2
    assert known["smile"] < 2 * chance
    assert known["nose_width"] < 2 * chance


def test_a_factor_that_alone_makes_the_picture_is_known_by_all_of_its_variance():
    factors = faces.random_factors(60)
    two = factors.replace(skin_tone=(torch.arange(60) % 2).float())
    grey = two.skin_tone[:, None, None, None].expand(-1, 3, 8, 8).numpy()
    frame = centroids.measure(Pictures(grey, "squares", "made here", factors=two), k=2).set_index("factor")
    assert frame.loc["skin_tone", "known"] == pytest.approx(1)
    assert frame.loc["smile", "known"] < 0.2


def test_the_best_and_the_least_known_are_drawn(known):
    frame = centroids.measure(images.load("faces", size=32, n=2000), k=32)
    ax = centroids.plot(frame, most=3, least=2)
    names = [text.get_text() for text in ax.texts]
    assert names[0] == known.idxmax().replace("_", " ")
    assert len(names) == 5
    assert max(bar.get_width() for bar in ax.patches) == pytest.approx(100 * known.max())


def test_pictures_without_factors_are_refused():
    with pytest.raises(ValueError, match=r"the factors of digits are not known: take images\.load"):
        centroids.measure(images.load("digits"))

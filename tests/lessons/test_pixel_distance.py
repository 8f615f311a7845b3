"""§6: pixels rank pictures of people the wrong way round, features do not."""

import matplotlib.pyplot as plt
import pytest
import torch

from wgan_helpers import images
from wgan_helpers.lessons import pixel_distance


@pytest.fixture(scope="module")
def found():
    return pixel_distance.measure((0.0, 0.8), n=40)


def rate(found, strength, ruler, column="wrong"):
    return found[(found["strength"] == strength) & (found["ruler"] == ruler)][column].mean()


def test_without_directed_light_every_ruler_finds_the_person(found):
    assert rate(found, 0.0, "pixels") == 0
    assert rate(found, 0.0, "features") == 0


def test_in_strong_light_pixels_find_strangers_and_features_the_person(found):
    assert rate(found, 0.8, "pixels") > 0.9
    assert rate(found, 0.8, "features") < 0.1
    assert rate(found, 0.8, "pixels", "nearer") > 0.5


def test_strangers_are_counted_one_by_one():
    left = torch.tensor([[0.0], [10.0], [21.0]])
    right = torch.tensor([[2.0], [11.0], [14.0]])
    # from 14, the third person's own 21 is 7 away: the second's 11 is nearer, the first's 2 is not
    wanted = [[False, False, False], [False, False, False], [False, True, False]]
    assert pixel_distance.strangers_nearer(left, right).tolist() == wanted


def test_the_same_picture_is_no_distance_away():
    three = pixel_distance.compare(azimuth=-60.0)
    assert three.frame["changed"].tolist() == pytest.approx([0, 0], abs=1e-4)
    assert (three.frame["stranger"] > 0).all()
    torch.testing.assert_close(three.pixels[0], three.pixels[1])


@pytest.mark.parametrize("change", [{"azimuth": 60.0}, {"shift": 2}, {"contrast": 0.6}])
def test_every_change_moves_the_picture_away(change):
    three = pixel_distance.compare(**{"azimuth": -60.0} | change)
    assert (three.frame["changed"] > 0).all()
    assert torch.equal(three.pixels[0], pixel_distance.compare(azimuth=-60.0).pixels[0])


def test_a_shift_moves_the_picture_to_the_right():
    still, moved = pixel_distance.compare(), pixel_distance.compare(shift=3)
    assert torch.equal(moved.pixels[1, :, :, 3:], still.pixels[1, :, :, :-3])


def test_neighbours_are_sorted_and_told_apart():
    nearest = pixel_distance.neighbours(strength=0.8, person=3, n=30)
    assert nearest.pixels.shape == (2, 8, 3, 64, 64)
    distance = (nearest.pixels[0, 1:] - nearest.pixels[0, 0]).flatten(1).norm(dim=1)
    assert torch.equal(distance, distance.sort().values)
    by_pixels, by_features = nearest.right.double().mean(dim=1)
    assert by_features > by_pixels


def test_everybody_stands_in_the_same_studio():
    people = pixel_distance.people(5, seed=3)
    for name in (*images.faces.POSE, *images.faces.EXPRESSION):
        values = getattr(people, name)
        assert (values == values[0]).all(), name
    assert people.skin_tone.std() > 0


def test_the_rate_is_drawn(found):
    ax = pixel_distance.plot(found)
    lines = {line.get_label(): line.get_ydata() for line in ax.get_lines()}
    assert lines["pixels"] == pytest.approx([0, 100 * rate(found, 0.8, "pixels")])


def test_the_bars_of_the_pair_are_the_ratios():
    three = pixel_distance.compare()
    panels = plt.subplots(1, 4)[1]
    pixel_distance._draw_pair(three, panels)
    ratios = (three.frame["changed"] / three.frame["stranger"]).tolist()
    assert [bar.get_width() for bar in panels[3].patches] == pytest.approx(ratios)


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ({"n": 1}, "n must be at least 2, got 1"),
        ({"rulers": ("pixel",)}, "unknown ruler 'pixel': did you mean 'pixels'"),
        ({"repetitions": 0}, "repetitions must be at least 1"),
        ({"strengths": (2.0,)}, r"light_strength must be in \[0, 1\], got 2"),
    ],
)
def test_bad_settings_are_refused_in_one_line(setting, says):
    with pytest.raises(ValueError, match=says):
        pixel_distance.measure(**({"strengths": (0.5,), "n": 3} | setting))

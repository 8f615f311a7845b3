"""Drawn faces: what each factor does, and that the same factors give the same face."""

import math
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor

from wgan_helpers.images import faces

NEUTRAL = faces.Factors.from_matrix(torch.full((1, len(faces.Factors.COLUMNS)), 0.5)).replace(
    bun=0, beard=0, moustache=0, glasses=0, glasses_tint=0, earrings=0, hair_amount=0, clothes_stripes=0, freckles=0,
    eye_openness=0.8, background_angle=90, skin_tone=0.3,
)  # fmt: skip
# what a factor needs to be seen
SHOWN = {
    "hair": {"hair_amount": 1},
    "glasses_": {"glasses": 1},
    "stripe": {"clothes_stripes": 1},
    "light": {"light_strength": 0.8, "light_azimuth": 40},
    "background": {"background_contrast": 1, "background_near": 0.1, "background_far": 0.9, "background_waves": 0.8},
}
HAIRY = ("fringe", "parting", "curl", "bun", "strands")
# rows from the top and columns from the left, of 64: where a factor may change the picture of NEUTRAL
PLACES = {
    "gaze_x": (20, 38, 12, 52),
    "gaze_y": (20, 38, 12, 52),
    "eye_colour": (20, 38, 12, 52),
    "eye_openness": (18, 40, 10, 54),
    "brow_raise": (12, 32, 10, 54),
    "nose_width": (22, 50, 18, 46),
    "smile": (34, 56, 14, 50),
    "mouth_open": (38, 58, 14, 50),
    "lip_colour": (38, 58, 16, 48),
    "glasses": (16, 42, 4, 60),
    "moustache": (36, 52, 16, 48),
    "neckline": (46, 64, 0, 64),
    "clothes": (46, 64, 0, 64),
}


def drawn(size: int = 64, **values: float | Tensor) -> Tensor:
    return faces.draw(NEUTRAL.replace(**values), size)


def from_low_to_high(name: str) -> Tensor:
    """How much the picture changes (64, 64) when a factor goes from its least to its greatest value."""
    span = faces.Factors.RANGES[name]
    needed = [values for start, values in SHOWN.items() if name.startswith(start)]
    needed += [SHOWN["hair"]] if name in HAIRY else []
    face = NEUTRAL.replace(**{key: value for values in needed for key, value in values.items()})
    # at ±180° the two ends are one
    high = 0 if name == "background_angle" else span.high
    ends = torch.tensor([span.low, high])
    ends = ends if span.width == 1 else ends.unsqueeze(1) * torch.linspace(1, 0.3, span.width)
    low, high = faces.draw(face.replace(**{name: ends}))
    return (high - low).abs().amax(dim=0)


def test_a_batch_is_float32_in_zero_to_one_and_its_faces_differ():
    pixels = faces.draw(faces.random_factors(40, seed=3), size=32)
    assert pixels.shape == (40, 3, 32, 32)
    assert pixels.dtype == torch.float32
    assert 0 <= pixels.min() <= pixels.max() <= 1
    apart = torch.pdist(pixels.flatten(1)) / math.sqrt(3 * 32 * 32)
    assert apart.min() > 0.05


@pytest.mark.parametrize("name", faces.Factors.RANGES)
def test_every_factor_changes_the_picture_where_it_belongs(name):
    change = from_low_to_high(name)
    assert (change > 0.05).sum() >= 6
    if name in PLACES:
        top, bottom, left, right = PLACES[name]
        change[top:bottom, left:right] = 0
        assert change.max() < 0.02


def test_there_are_many_more_than_25_independent_factors():
    assert len(faces.Factors.RANGES) > 60
    factors = faces.random_factors(2000, seed=1).as_matrix()
    correlation = torch.corrcoef(factors.T) - torch.eye(factors.shape[1])
    assert correlation.abs().max() < 0.12


def test_the_groups_hold_every_factor_once():
    groups = (faces.IDENTITY, faces.EXPRESSION, faces.POSE, faces.CLOTHES, faces.BACKGROUND, faces.LIGHT)
    assert sorted(name for group in groups for name in group) == sorted(faces.Factors.RANGES)
    assert {"light_azimuth", "light_elevation"} <= set(faces.LIGHT)


def test_a_face_is_the_same_however_many_are_drawn():
    few, many = faces.random_factors(3, seed=5).as_matrix(), faces.random_factors(9, seed=5).as_matrix()
    assert torch.equal(few, many[:3])
    assert torch.equal(faces.random_factors(4, seed=5, start=5).as_matrix(), many[5:])
    assert not torch.equal(faces.random_factors(3, seed=6).as_matrix(), few)


def test_drawing_one_by_one_gives_the_same_as_drawing_together():
    people = faces.random_factors(70, seed=2)
    together = faces.draw(people, 48)
    alone = torch.cat([faces.draw(people[i], 48) for i in (0, 31, 69)])
    torch.testing.assert_close(together[[0, 31, 69]], alone, atol=1e-5, rtol=0)


def seen_by_a_new_thread() -> int:
    """PyTorch's number of threads, as whoever comes next finds it."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def test_drawing_in_several_threads_at_once_leaves_it_too():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    people = faces.random_factors(200)
    try:
        for _ in range(3):
            with ThreadPoolExecutor(3) as pool:
                # each begins while the one before it draws
                drawn = [pool.submit(faces.draw, people, 32) for _ in range(3) if not time.sleep(0.01)]
            assert all(torch.equal(one.result(), drawn[0].result()) for one in drawn)
            assert seen_by_a_new_thread() == 3
    finally:
        torch.set_num_threads(before)


def test_drawing_leaves_the_number_of_threads_as_it_was():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        faces.draw(NEUTRAL, 16)
        assert (torch.get_num_threads(), seen_by_a_new_thread()) == (3, 3)
    finally:
        torch.set_num_threads(before)


def test_the_matrix_of_factors_leads_back_to_them():
    people = faces.random_factors(20, seed=4)
    matrix = people.as_matrix()
    assert matrix.shape == (20, len(faces.Factors.COLUMNS))
    assert 0 <= matrix.min() <= matrix.max() <= 1
    back = faces.Factors.from_matrix(matrix.clamp(0, 1))
    torch.testing.assert_close(back.yaw, people.yaw)
    torch.testing.assert_close(back.clothes, people.clothes)
    column = faces.Factors.COLUMNS.index("light_azimuth")
    torch.testing.assert_close(matrix[:, column] * 180 - 90, people.light_azimuth)


@pytest.mark.parametrize("fine", [128, 64])
def test_a_small_picture_is_the_large_one_seen_from_afar(fine):
    people = faces.random_factors(24, seed=8)
    small = faces.draw(people, fine // 2)
    seen = torch.nn.functional.avg_pool2d(faces.draw(people, fine), 2)
    assert (small - seen).abs().mean() < 0.012
    assert (small - seen).square().mean().sqrt() < 0.03


def test_light_from_the_left_makes_the_left_brighter_and_mirrored_light_mirrors_the_picture():
    left, right = drawn(light_azimuth=torch.tensor([-60.0, 60.0]), light_strength=0.9)
    cheeks = slice(26, 46)
    assert left[:, cheeks, 16:28].mean() > 1.3 * left[:, cheeks, 36:48].mean()
    torch.testing.assert_close(left.flip(-1), right, atol=1e-4, rtol=0)


def test_light_is_farther_than_another_person():
    people = faces.random_factors(60, seed=9).replace(light_elevation=15.0, light_strength=0.9)
    anna, bert = people[:30], people[30:].take(people[:30], faces.BACKGROUND + faces.POSE + faces.CLOTHES)
    front = {"light_azimuth": -75.0}
    anna_left, bert_left = faces.draw(anna.replace(**front), 32), faces.draw(bert.replace(**front), 32)
    anna_right = faces.draw(anna.replace(light_azimuth=75.0), 32)
    other_light = (anna_left - anna_right).flatten(1).norm(dim=1)
    other_person = (anna_left - bert_left).flatten(1).norm(dim=1)
    assert (other_light > other_person).float().mean() > 0.6


def test_taking_a_group_changes_that_group_only():
    people = faces.random_factors(5, seed=10)
    lit = people.take(people[0], faces.LIGHT)
    for name in faces.Factors.RANGES:
        expected = people[0] if name in faces.LIGHT else people
        assert torch.equal(getattr(lit, name), getattr(expected, name).expand_as(getattr(people, name)))


def test_one_face_with_many_values_becomes_many_faces():
    turning = NEUTRAL.replace(yaw=torch.linspace(-30, 30, 7))
    assert len(turning) == 7
    assert len(turning[-1]) == len(turning[6]) == 1
    assert len(turning[turning.yaw > 0]) == 3
    assert len(turning[torch.tensor(2)]) == 1
    assert len(turning[2:4]) == 2


def test_the_mean_face_is_smoother_than_any_face_and_still_a_face():
    people = faces.draw(faces.random_factors(400, seed=11), 32)
    mean = people.mean(dim=0, keepdim=True)

    def roughness(pixels: Tensor) -> Tensor:
        return sum(pixels.diff(dim=axis).square().flatten(1).sum(dim=1) for axis in (2, 3))

    assert roughness(mean) < 0.5 * roughness(people).min()
    # eyes are darker than the cheeks below them
    assert mean[0, :, 13:16, 9:23].mean() < mean[0, :, 18:21, 9:23].mean() - 0.005


@pytest.mark.parametrize(
    ("values", "error", "says"),
    [
        ({"light_azimut": 0}, ValueError, "unknown factor 'light_azimut': did you mean 'light_azimuth'"),
        ({"yaw": 90}, ValueError, r"yaw must be in \[-30, 30\], got 90"),
        ({"smile": math.nan}, ValueError, r"smile must be in \[-0.4, 1\], got nan"),
        ({"smile": "wide"}, TypeError, "smile must be a number or a tensor of numbers, got 'wide'"),
        ({"clothes": torch.zeros(2, 4)}, ValueError, r"clothes must be a number or have shape \(n, 3\), got \(2, 4\)"),
        ({"yaw": torch.zeros(2, 2)}, ValueError, r"yaw must be a number or have shape \(n,\), got \(2, 2\)"),
        ({"yaw": torch.zeros(2), "roll": torch.zeros(3)}, ValueError, "yaw must have 1 or 3 values, got 2"),
    ],
)
def test_bad_values_are_refused_in_one_line(values, error, says):
    with pytest.raises(error, match=says):
        NEUTRAL.replace(**values)


@pytest.mark.parametrize(
    ("request_", "error", "says"),
    [
        (lambda: faces.random_factors(0), ValueError, "n must be at least 1, got 0"),
        (lambda: faces.random_factors(3, seed=-1), ValueError, "seed must be at least 0, got -1"),
        (lambda: faces.draw(NEUTRAL, 4), ValueError, r"size must be in \[8, 1024\], got 4"),
        (lambda: faces.draw(NEUTRAL, 64.5), TypeError, "size must be an integer, got 64.5"),
        (lambda: NEUTRAL[1], IndexError, "face 1 was asked of 1"),
        (lambda: faces.Factors.from_matrix(torch.zeros(2, 3)), ValueError, r"matrix must have shape \(n, "),
        (lambda: NEUTRAL.take(NEUTRAL, ("lihgt_azimuth",)), ValueError, "did you mean 'light_azimuth'"),
    ],
)
def test_bad_requests_are_refused_in_one_line(request_, error, says):
    with pytest.raises(error, match=says):
        request_()

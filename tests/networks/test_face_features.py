"""The recorded network reads drawn faces."""

from importlib.resources import files

import pytest
import torch
from train_features import read_factors

from wgan_helpers.images import faces
from wgan_helpers.networks import face_features


@pytest.fixture(scope="module")
def people():
    return faces.random_factors(200, seed=77)  # other faces than those it was trained on


@pytest.fixture(scope="module")
def pixels(people):
    return faces.draw(people, 64)


def test_it_reads_what_is_large(people, pixels):
    read = face_features.factors(pixels)
    for name in ("skin_tone", "roll", "yaw", "light_azimuth"):
        column = read[:, face_features.record().factors.index(name)]
        together = torch.stack([column, getattr(people, name)])
        assert torch.corrcoef(together)[0, 1] > 0.8, name


def test_the_record_knows_the_factors_that_the_renderer_has():
    assert face_features.record().factors == tuple(read_factors())


def test_identity_looks_past_the_light(people):
    dark, bright = (people.replace(light_azimuth=azimuth, light_strength=0.7) for azimuth in (-50.0, 50.0))
    one, other = (face_features.identity(faces.draw(lit, 64)) for lit in (dark, bright))
    same = (one - other).norm(dim=1).mean()
    strangers = torch.pdist(one).mean()
    assert same < 0.7 * strangers


def test_reading_the_weights_draws_no_random_number():
    face_features.record.cache_clear()
    state = torch.get_rng_state()
    face_features.record()
    assert torch.equal(torch.get_rng_state(), state)


def test_features_are_the_same_however_many_pictures_come(pixels):
    torch.testing.assert_close(
        face_features.features(pixels)[:3], face_features.features(pixels[:3]), rtol=1e-4, atol=1e-4
    )


@pytest.mark.parametrize("shape", [(2, 1, 64, 64), (2, 3, 32, 32), (2, 3, 128, 100)])
def test_grey_and_other_sizes_are_read_too(shape):
    assert face_features.features(torch.rand(shape)).shape == (2, face_features.FEATURES)


def test_another_size_of_the_same_face_has_nearly_the_same_features(people, pixels):
    small = face_features.features(faces.draw(people, 48))
    here = face_features.features(pixels)
    assert (small - here).norm(dim=1).mean() < 0.6 * torch.pdist(here).mean()


def test_the_weights_are_small_and_the_record_says_where_they_come_from():
    folder = files("wgan_helpers.recorded")
    assert len(folder.joinpath("face_features.pt").read_bytes()) < 2_000_000
    about = folder.joinpath("face_features.json").read_text()
    for said in ('"configuration"', '"machine"', '"time"', '"commit"', '"read"'):
        assert said in about


@pytest.mark.parametrize("shape", [(3, 64, 64), (2, 2, 64, 64), (0, 3, 64, 64)])
def test_what_is_no_picture_is_refused(shape):
    with pytest.raises(ValueError, match=r"pixels must have shape \(n, 1 or 3, h, w\), got"):
        face_features.features(torch.zeros(shape))

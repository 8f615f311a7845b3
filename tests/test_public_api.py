"""Whatever is handed to the public functions: the right answer, or one line that says what was wrong."""

import dataclasses
import inspect
import math
import warnings

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.spatial.distance import cdist

from wgan_helpers import distributions, gans, images, networks, transport

NUMBERS = st.one_of(
    st.floats(-3, 3, width=32),
    st.sampled_from([0.0, 1.0, 1.0, 1e-30, 1e8, 1e30, 1e200, math.nan, math.inf, -math.inf]),
)
DTYPES = [np.float64, np.float32, np.float16, np.int64, np.bool_, np.complex64]
ODD = st.sampled_from([None, "text", 3, 2.5, True, [], [[1.0, 2.0]], {}, object(), np.array(["a"])])
MANY = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
PROTOCOLS = {"HasManifold", "HasModes", "Law"}
POINTS = ["pairwise_distance", "wasserstein1", "wasserstein2", "optimal_plan", "kantorovich_potentials"]
POINTS += ["energy_distance", "fewer_coordinates"]


def array_of(numbers, shape, dtype):
    """Also NaN as an integer, and what is infinite in single precision."""
    with np.errstate(all="ignore"):
        return np.array(numbers, dtype=np.float64).reshape(shape).astype(dtype)


@st.composite
def samples(draw):
    """Mostly two samples of one dimension, with many points twice; sometimes anything."""
    if draw(st.integers(0, 5)) == 0:
        return draw(anything()), draw(anything())
    dims = draw(st.integers(1, 3))
    dtype = draw(st.sampled_from(DTYPES[:2]))
    value = st.integers(-2, 2) if draw(st.booleans()) else NUMBERS
    pair = [
        array_of(draw(st.lists(value, min_size=n * dims, max_size=n * dims)), (n, dims), dtype)
        for n in draw(st.tuples(st.integers(0, 4), st.integers(0, 4)))
    ]
    return tuple(torch.from_numpy(each) for each in pair) if draw(st.booleans()) else tuple(pair)


@st.composite
def anything(draw):
    """An array of any shape and kind, or none at all."""
    if draw(st.booleans()):
        return draw(ODD)
    shape = draw(st.lists(st.integers(0, 3), max_size=4))
    numbers = draw(st.lists(NUMBERS, min_size=math.prod(shape), max_size=math.prod(shape)))
    array = array_of(numbers, shape, draw(st.sampled_from(DTYPES)))
    return torch.from_numpy(array) if draw(st.booleans()) else array


@st.composite
def weights(draw):
    """None, or numbers that may or may not be weights."""
    if draw(st.booleans()):
        return None
    array = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 5.0]), min_size=1, max_size=4)))
    if draw(st.booleans()) and array.sum() > 0:
        array = array / array.sum()
    return array if draw(st.integers(0, 4)) else draw(anything())


def answer(call, *arguments, **options):
    """What the call returns, or ``None`` if it refused in one line; warnings are allowed, if they say the remedy."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return call(*arguments, **options)
    except (ValueError, TypeError) as error:
        assert 10 < len(str(error)) < 300, error
        assert "\n" not in str(error), error
        raised_by = inspect.trace()[-1].frame.f_globals["__name__"]
        assert raised_by.startswith("wgan_helpers"), f"{raised_by} was left to refuse it: {error}"
        return None


def least_cost(cost, a, b):
    """The linear programme itself."""
    n, m = cost.shape
    rows = np.vstack([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    return linprog(cost.ravel(), A_eq=rows, b_eq=np.concatenate([a, b]), method="highs").fun


def usual(x, y, a=None, b=None):
    """Both samples in a unit of their own, that unit, and the weights, all in double precision."""
    x, y = (np.asarray(each, dtype=float) for each in (x, y))
    assume(x.ndim == 2)  # the oracles know no batches
    unit = max(np.abs(x).max(), np.abs(y).max(), 1e-30)
    a, b = (np.full(len(p), 1 / len(p)) if w is None else np.asarray(w) for p, w in ((x, a), (y, b)))
    return x / unit, y / unit, unit, a, b


@MANY
@given(samples(), weights(), weights())
def test_exact_transport_is_that_of_the_linear_programme_or_refused(pair, a, b):
    found = answer(transport.wasserstein1, *pair, a, b)
    plan, potentials = (answer(f, *pair, a, b) for f in (transport.optimal_plan, transport.kantorovich_potentials))
    assert (found is None) == (plan is None) == (potentials is None)
    if found is None:
        return
    x, y, unit, a, b = usual(*pair, a, b)
    cost = cdist(x, y)
    assert float(found) / unit == pytest.approx(least_cost(cost, a, b), abs=2e-6)
    np.testing.assert_allclose(plan.sum(1), a, atol=1e-6)
    np.testing.assert_allclose(plan.sum(0), b, atol=1e-6)
    f, g = (np.asarray(each, dtype=float) / unit for each in potentials)
    assert a @ f + b @ g == pytest.approx(float(found) / unit, abs=2e-6)
    assert (f[:, None] + g <= cost + 4e-6).all()


@MANY
@given(samples(), weights(), weights(), st.one_of(st.sampled_from([0.1, 1.0, 100.0]), NUMBERS, ODD))
def test_entropic_cost_is_between_its_limits_or_refused(pair, a, b, epsilon):
    found = answer(transport.entropic_cost, *pair, epsilon, a, b)
    if found is None:
        return
    x, y, unit, a, b = usual(*pair, a, b)
    cost = cdist(x, y)
    assert least_cost(cost, a, b) - 1e-4 <= float(found) / unit <= a @ cost @ b + 1e-4


@MANY
@given(samples(), weights(), weights())
def test_energy_distance_is_that_of_its_formula_or_refused(pair, a, b):
    found = answer(transport.energy_distance, *pair, a, b)
    if found is None:
        return
    x, y, unit, a, b = usual(*pair, a, b)
    expected = 2 * a @ cdist(x, y) @ b - a @ cdist(x, x) @ a - b @ cdist(y, y) @ b
    assert float(found) / unit == pytest.approx(expected, abs=1e-5)


@MANY
@given(st.sampled_from(POINTS), anything(), anything())
def test_anything_as_points_is_finite_or_refused(name, x, y):
    found = answer(getattr(transport, name), x, y)
    for tensor in found if isinstance(found, tuple) else [found]:
        assert tensor is None or tensor.isfinite().all()


@MANY
@given(samples(), anything(), anything())
def test_transforms_refuse_what_does_not_fit(pair, g, epsilon):
    cost = answer(transport.pairwise_distance, *pair)
    for value in (g, torch.zeros(len(pair[1])) if cost is not None else g):
        answer(transport.c_transform, cost, value)
        answer(transport.soft_c_transform, cost, value, epsilon)


@MANY
@given(st.sampled_from([name for name in dir(transport) if name.startswith("bernoulli")]), st.data())
def test_bernoulli_expectations_take_probabilities_and_sizes_only(name, data):
    function = getattr(transport, name)
    value = st.one_of(st.floats(0, 1), st.integers(1, 20), NUMBERS, ODD)
    required = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    found = answer(function, *[data.draw(value) for _ in required])
    for tensor in found if isinstance(found, tuple) else [found]:
        assert tensor is None or torch.as_tensor(tensor).isfinite().all()


@MANY
@given(st.sampled_from(sorted(set(distributions.__all__) - PROTOCOLS - {"LAWS", "wasserstein1"})), st.data())
def test_laws_sample_what_they_say_or_refuse(name, data):
    kind = getattr(distributions, name)
    value = st.one_of(st.integers(0, 4), st.floats(0, 1), NUMBERS, ODD)
    fields = inspect.signature(kind).parameters.values()
    chosen = [field.name for field in fields if field.default is field.empty or data.draw(st.booleans())]
    law = answer(kind, **{name: data.draw(value) for name in chosen})
    if law is None or not hasattr(law, "dim"):
        return
    n = data.draw(value)
    points = answer(law.sample, n, torch.Generator().manual_seed(0))
    if points is not None:
        assert points.shape == (n, law.dim)
        assert points.isfinite().all()


@MANY
@given(st.data())
def test_a_configuration_is_valid_or_refused(data):
    fields = [field.name for field in dataclasses.fields(gans.Config)]
    value = st.one_of(st.integers(-1, 6), st.floats(0, 1), NUMBERS, ODD, st.sampled_from(list(gans.OBJECTIVES)))
    chosen = data.draw(st.lists(st.sampled_from(fields), min_size=1, max_size=2, unique=True))
    config = answer(gans.Config, **{field: data.draw(value) for field in chosen})
    assert config is None or hash(config) == hash(dataclasses.replace(config))


@MANY
@given(st.sampled_from(["frechet_distance", "precision_recall", "modes_covered", "share_near_modes"]), st.data())
def test_metrics_are_finite_or_refused(name, data):
    function = getattr(gans.metrics, name)
    value = st.one_of(anything(), samples().map(lambda pair: pair[0]), st.just(distributions.GaussianRing()))
    required = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    found = answer(function, *[data.draw(value) for _ in required])
    for tensor in found if isinstance(found, tuple) else [found]:
        assert tensor is None or torch.as_tensor(tensor).isfinite().all()


@MANY
@given(st.sampled_from(["MLP", "LipschitzMLP", "SpectralMLP", "Autoencoder", "ConvCritic", "ConvGenerator"]), st.data())
def test_networks_are_built_or_refused(name, data):
    kind = getattr(networks, name)
    value = st.one_of(st.integers(-1, 8), NUMBERS, ODD)
    required = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
    answer(kind, *[data.draw(value) for _ in required])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(["faces", "digits", "face", "", None, 3]), st.data())
def test_pictures_are_as_asked_for_or_refused(name, data):
    size, n, seed = (data.draw(st.one_of(st.integers(-1, 12), NUMBERS, ODD)) for _ in range(3))
    pictures = answer(images.load, name, size=size, n=n, seed=seed)
    if pictures is None:
        return
    assert pictures.pixels.shape[0] == pictures.flat.shape[0] == (n or len(pictures.pixels))
    assert size is None or pictures.pixels.shape[2:] == (size, size)
    assert 0 <= pictures.flat.min() and pictures.flat.max() <= 1
    count = data.draw(st.one_of(st.integers(-1, 3), ODD))
    drawn = answer(pictures.sample, count, torch.Generator().manual_seed(0))
    assert drawn is None or drawn.shape == (count, pictures.flat.shape[1])

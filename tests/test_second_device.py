"""What runs on a GPU, without one: tensors that say they are on another device, and mix with none of the CPU's.

``python tests/test_second_device.py CHECK`` runs one of the checks below, in a process of its own. Each tensor of that
device wraps one of the CPU, which does its work; operations, generators and NumPy refuse it where those of a GPU would.
PyTorch's lazy device lends its name, for which no hardware is needed. Half precision and saving cannot be tried so.
"""

import subprocess
import sys
import threading
from dataclasses import replace
from functools import wraps

import pytest
import torch
import torch._lazy.ts_backend
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

NAME = "lazy"
DEVICE = torch.device(NAME, 0)
_INDEXING = ("aten::index", "aten::index_put", "aten::index_put_")  # a tensor elsewhere may be indexed from the CPU
_MOVING = ("aten::_to_copy", "aten::copy_")


class Generator(torch.Generator):
    """A generator of either device."""

    def __new__(cls, device="cpu"):
        return super().__new__(cls, "cpu")

    def __init__(self, device="cpu"):
        self._device = DEVICE if _elsewhere(device) else torch.device(device)

    @property
    def device(self):
        return self._device


class Elsewhere(torch.Tensor):
    """A tensor on the other device."""

    types = frozenset({torch.float64, torch.float32, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool})

    @staticmethod
    def __new__(cls, here):
        if here.dtype not in cls.types:
            raise TypeError(f"there is no {here.dtype} on this device")
        layout = {"strides": here.stride(), "storage_offset": here.storage_offset(), "dtype": here.dtype}
        made = torch.Tensor._make_wrapper_subclass(cls, here.size(), device=DEVICE, **layout)
        made.here = here
        return made

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return _carry_out(operation, args, kwargs or {})

    def __deepcopy__(self, memo):
        copied = Elsewhere(self.here.detach().clone())
        if isinstance(self, torch.nn.Parameter):
            copied = torch.nn.Parameter(copied, self.requires_grad)
        return memo.setdefault(id(self), copied)

    def __format__(self, spec):
        return format(self.here.detach(), spec)

    def tolist(self):
        return self.here.tolist()

    def new_tensor(self, data, dtype=None):
        return torch.tensor(data, dtype=dtype or self.dtype, device=DEVICE)

    def numpy(self, *_, **__):
        raise TypeError("NumPy takes tensors of the CPU only")

    __array__ = numpy


class Mode(TorchDispatchMode):
    """Makes tensors on the other device where they are asked for; in every thread of its own."""

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return _carry_out(operation, args, kwargs or {})


def _elsewhere(device):
    return torch.device(device).type == NAME


def _carry_out(operation, args, kwargs):
    name, given = operation._schema.name, tree_leaves((args, kwargs))
    there = [x for x in given if isinstance(x, Elsewhere)]
    here = [x for x in given if isinstance(x, torch.Tensor) and not isinstance(x, Elsewhere) and x.ndim > 0]
    asked = kwargs.get("device")
    if name == "aten::copy_":
        result_there = isinstance(args[0], Elsewhere)
    else:
        result_there = bool(there) if asked is None else _elsewhere(asked)
    indexed = name in _INDEXING and isinstance(args[0], Elsewhere)
    if there and here and name not in _MOVING and not indexed:
        raise RuntimeError(f"two devices in {operation}: {[tuple(x.shape) for x in here]} are on the CPU")

    args, kwargs = tree_map(lambda x: x.here if isinstance(x, Elsewhere) else x, (args, kwargs))
    if asked is not None:
        kwargs["device"] = torch.device("cpu")
    found = operation(*args, **kwargs)
    if there and not result_there:  # moved to the CPU: it shares nothing with what it was moved from
        return tree_map(lambda x: x.clone() if isinstance(x, torch.Tensor) else x, found)
    known = {id(x.here): x for x in there}  # what was changed in place stays the same tensor

    def placed(x):
        return known.get(id(x), Elsewhere(x)) if result_there and isinstance(x, torch.Tensor) else x

    return tree_map(placed, found)


def install():
    """Make the device known; before anything of ``wgan_helpers`` is imported."""
    torch._lazy.ts_backend.init()
    torch.Generator, made = Generator, torch.tensor

    @wraps(made)
    def tensor(data, *, device=None, **kwargs):  # PyTorch's own makes it where no mode is asked
        x = made(data, **kwargs)
        return x if device is None else x.to(device)

    torch.tensor = tensor
    for name in ("rand", "randn", "randint", "randperm"):
        setattr(torch, name, _own_generator(getattr(torch, name), lambda args, device: device or "cpu"))
    for name in ("uniform_", "normal_"):
        drawing = _own_generator(getattr(torch.Tensor, name), lambda args, device: args[0].device)
        setattr(torch.Tensor, name, drawing)
    run = threading.Thread.run

    def run_in_mode(thread):
        with Mode():
            run(thread)

    threading.Thread.run = run_in_mode
    Mode().__enter__()


def _own_generator(draw, device_of):
    """As ``draw``, which a generator of the other device is not for."""

    @wraps(draw)
    def drawn(*args, generator=None, **kwargs):
        if generator is not None and _elsewhere(generator.device) != _elsewhere(device_of(args, kwargs.get("device"))):
            raise RuntimeError(f"a generator on {generator.device} draws on that device only")
        return draw(*args, generator=generator, **kwargs)

    return drawn


def refuse_to_mix():
    near, far = torch.ones(2), torch.ones(2, device=NAME)
    generator = torch.Generator(NAME)
    for mixed in (lambda: near + far, lambda: torch.rand(2, generator=generator), far.numpy):
        with pytest.raises((RuntimeError, TypeError), match=r"device|CPU"):
            mixed()
    assert (near.to(NAME) + far).cpu().tolist() == [2, 2]


def train_every_objective():
    from wgan_helpers import distributions, gans

    for objective in gans.OBJECTIVES:
        config = gans.Config(objective=objective, steps=2, hidden=8, batch=8)
        *_, last = gans.train(config, distributions.GaussianRing(), device=NAME)
        assert last.sample(5).device == DEVICE and last.finite, objective


def train_every_critic_of_pictures():
    from wgan_helpers import gans, images

    faces = images.load("faces", size=16, n=100)
    for critic in ("conv", "lipschitz-conv", "spectral-conv"):
        config = gans.Config(critic=critic, generator="conv", steps=2, hidden=8, batch=8, latent=8)
        *_, last = gans.train(config, faces, device=NAME)
        assert last.sample(5).device == DEVICE and last.finite, critic


def judge_a_population(judged_on=DEVICE):
    from wgan_helpers import distributions, gans

    ring = distributions.GaussianRing()
    some = [gans.Config(objective=name, steps=2, hidden=8, batch=8) for name in ("ns", "wgan-gp") for _ in range(2)]
    *_, last = gans.train_population(some, ring, device=NAME)
    samples = last.sample(64)
    found = [
        gans.metrics.modes_covered(samples, ring),
        gans.metrics.share_near_modes(samples, ring),
        *gans.metrics.precision_recall(samples, ring, 0.3),
        *gans.metrics.precision_recall(samples, distributions.SwissRoll(), 0.3),
        *gans.metrics.minibatch_w1(samples, ring, n=16, repetitions=2),
    ]
    assert {each.device for each in found} == {judged_on}
    said = last.critic(torch.zeros(3, 2)), last.critic_gradient(torch.zeros(3, 2))
    assert {each.device for each in said} == {DEVICE}


def train_without_float64():
    from wgan_helpers import _checks, transport

    Elsewhere.types -= {torch.float64}
    _checks.has_float64 = lambda device: device != DEVICE
    train_every_objective()
    train_every_critic_of_pictures()
    judge_a_population(judged_on=torch.device("cpu"))
    with pytest.raises(TypeError, match=r"x and y are on lazy:0, which has no float64: use x.cpu\(\) and y.cpu\(\)"):
        transport.wasserstein1(torch.ones(2, 3, device=NAME), torch.ones(2, 3, device=NAME))


def transport_in_all_ways():
    from wgan_helpers import transport

    x, y = (torch.randn(2, 6, 3).to(NAME).requires_grad_() for _ in range(2))
    values = [
        transport.wasserstein1(x, y),
        transport.wasserstein2(x, y),
        transport.entropic_cost(x, y, 0.5),
        transport.sinkhorn_divergence(x, y, 0.5),
        transport.pairwise_distance(x, y).mean(),
    ]
    plans = transport.optimal_plan(x[0], y[0]), transport.entropic_plan(x[0], y[0], 0.5)
    assert {each.device for each in (*values, *plans)} == {DEVICE}
    for value in values:
        (gradient,) = torch.autograd.grad(value.sum(), x)
        assert gradient.device == DEVICE and gradient.isfinite().all()


def study_losses():
    from wgan_helpers.lessons import loss_study

    base = replace(loss_study.BASE, steps=2, hidden=8, batch=8)
    for data in ("ring", "digits"):
        frame = loss_study.measure(("ns", "began"), data, 2, base, device=NAME)
        assert frame["finite"].all(), data


def train_pictures_by_transforms():
    from wgan_helpers.lessons import picture_gans, transform_gans

    base = replace(picture_gans.SMALL, steps=2, hidden=8, batch=8)
    settings = [(picture_gans.C, 0.0), (picture_gans.DEBIASED, 1.0)]
    frame = transform_gans.measure(settings, "digits", base, repetitions=2, device=NAME)
    assert frame["ratio"].notna().all()


def estimate_between_given_samples():
    from wgan_helpers.lessons.estimators import METHODS, Estimator, Pair, samples

    x, y = samples("Gaussian", n=16, d=3)
    for method in METHODS:
        estimator = Estimator(method, Pair(x.to(NAME), y.to(NAME)))
        estimator.step(2)
        assert {each.device for each in estimator.potentials()} <= {DEVICE, torch.device("cpu")}, method


CHECKS = {
    check.__name__: check
    for check in (
        refuse_to_mix,
        train_every_objective,
        train_every_critic_of_pictures,
        train_without_float64,
        judge_a_population,
        transport_in_all_ways,
        study_losses,
        train_pictures_by_transforms,
        estimate_between_given_samples,
    )
}


@pytest.mark.parametrize("check", CHECKS)
def test_what_runs_on_a_gpu_mixes_no_devices(check):
    run = subprocess.run([sys.executable, __file__, check], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[-2000:]


if __name__ == "__main__":
    install()
    CHECKS[sys.argv[1]]()

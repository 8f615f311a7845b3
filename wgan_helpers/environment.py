"""Does the course run here? One table, for the start page and for bug reports."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

import pandas as pd
import torch

_PACKAGES = ("wgan_helpers", "torch", "numpy", "POT", "numba", "scikit-learn", "ipywidgets", "jupyterlab")


def device() -> torch.device:
    """The fastest device that PyTorch finds: CUDA, then Apple's MPS, then the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def report() -> pd.DataFrame:
    """What runs here, in which version, and whether the exact solver agrees with POT: one row each."""
    rows = {"Python": platform.python_version()}
    rows |= {package: _version(package) for package in _PACKAGES}
    rows["CPU cores"] = str(os.cpu_count())
    rows["device"] = _device_name()
    rows["exact W₁"] = _self_test()
    return pd.DataFrame({"found": rows}).rename_axis("what")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "missing: run make setup"


def _device_name() -> str:
    found = device()
    return torch.cuda.get_device_name(found) if found.type == "cuda" else str(found)


def _self_test() -> str:
    import ot

    from wgan_helpers import transport

    x, y = torch.rand(2, 64, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    ours = float(transport.wasserstein1(x, y))
    theirs = float(ot.emd2([], [], ot.dist(x.numpy(), y.numpy(), metric="euclidean")))
    agrees = abs(ours - theirs) < 1e-9 * theirs
    return f"{ours:.6f}, {'agrees with POT' if agrees else f'but POT says {theirs:.6f}'}"

"""Sets from the Hub: with a library that is faked; with the real one, where there is one, on a Hub of our own."""

import hashlib
import importlib.util
import io
import os
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wgan_helpers import images
from wgan_helpers.images import hub

LEVELS = np.random.default_rng(0).integers(0, 256, (300, 28, 28), dtype=np.uint8)
LABELS = np.arange(300) % 10


def png(levels):
    buffer = io.BytesIO()
    Image.fromarray(levels).save(buffer, "PNG")
    return buffer.getvalue()


class Table:
    """As much of a table of `datasets` as we use."""

    def __init__(self, contents, picture, label):
        self.columns = {picture: [{"bytes": content, "path": None} for content in contents]}
        self.columns |= {label: LABELS.tolist()} if label else {}

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, rows):
        return {name: [values[row] for row in rows] for name, values in self.columns.items()}

    def cast_column(self, name, feature):
        assert name in self.columns
        assert feature == "still encoded"
        return self


class Hub:
    """A Hub with a cache in which, as in the real one, a link leads to a file named by its content."""

    def __init__(self, folder, contents):
        self.folder, self.contents = folder, contents
        self.online, self.spoils, self.downloads = True, False, 0
        self.constants = types.SimpleNamespace(ENDPOINT="https://hub.invalid")

    def try_to_load_from_cache(self, **where):
        path = self.folder / where["filename"]
        return str(path) if path.exists() else None

    def hf_hub_download(self, **where):
        if not self.online:
            raise TimeoutError("timed out\nafter 5 attempts")
        self.downloads += 1
        content = where["filename"].encode()
        path, target = self.folder / where["filename"], self.folder / hashlib.sha256(content).hexdigest()
        path.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content[:-1] if self.spoils else content)
        path.symlink_to(target)
        return str(path)

    def load_dataset(self, kind, data_files, split):
        assert (kind, split) == ("parquet", "train")
        (chosen,) = (one for one in hub.SETS.values() if data_files == [str(self.folder / file) for file in one.files])
        return Table(self.contents, chosen.picture, chosen.label)


@pytest.fixture
def faked(tmp_path, monkeypatch):
    made = Hub(tmp_path / "hub", [png(levels) for levels in LEVELS])
    datasets = types.SimpleNamespace(load_dataset=made.load_dataset, Image=lambda decode: decode or "still encoded")
    monkeypatch.setitem(sys.modules, "huggingface_hub", made)
    monkeypatch.setitem(sys.modules, "datasets", datasets)
    monkeypatch.setattr(hub, "_check_network", lambda address: None)
    return made


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_grey_sets_come_as_they_are(faked, name):
    found = images.load(name)
    np.testing.assert_array_equal(found.stored[:, 0], LEVELS)
    np.testing.assert_array_equal(found.labels, LABELS)
    assert (found.name, found.shape) == (name, (1, 28, 28))


@pytest.mark.parametrize(
    ("name", "shape", "labelled"), [("cifar10", (3, 32, 32), True), ("celeba", (3, 64, 64), False)]
)
def test_colour_sets_have_their_usual_size(faked, name, shape, labelled):
    faked.contents = [png(np.random.default_rng(i).integers(0, 256, (218, 178, 3), dtype=np.uint8)) for i in range(3)]
    found = images.load(name, n=3)
    assert found.shape == shape
    assert (found.labels is not None) == labelled
    assert images.load(name, size=16, n=2).shape == (3, 16, 16)


def test_a_draw_keeps_labels_with_their_pictures(faked):
    drawn, again, other = (images.load("mnist", n=50, seed=seed) for seed in (1, 1, 2))
    for pixels, label in zip(drawn.stored[:, 0], drawn.labels, strict=True):
        (row,) = np.flatnonzero((LEVELS == pixels).all(axis=(1, 2)))
        assert LABELS[row] == label
    np.testing.assert_array_equal(drawn.stored, again.stored)
    assert (drawn.stored != other.stored).any()
    with pytest.raises(ValueError, match="n must be at most 300, the number of pictures in 'mnist', got 301"):
        images.load("mnist", n=301)


def test_what_was_loaded_needs_neither_network_nor_library(faked, monkeypatch):
    first = images.load("mnist")
    faked.online = False
    assert len(images.load("mnist", n=5)) == 5  # from the Hub's cache
    monkeypatch.setitem(sys.modules, "datasets", None)
    np.testing.assert_array_equal(images.load("mnist").stored, first.stored)
    assert faked.downloads == 1


def test_without_the_library_one_line_says_what_to_install(monkeypatch, cache_folder):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ImportError, match=r"^'cifar10' .*: pip install 'wgan_helpers\[images\]'$"):
        images.load("cifar10")
    assert not cache_folder.exists()


def test_without_a_network_one_line_names_the_sets_that_need_none(faked):
    faked.online = False
    with pytest.raises(ConnectionError, match=r"^cannot download 'celeba' \(timed out\); 'faces' and 'digits' need"):
        images.load("celeba")


def test_without_a_network_nobody_waits(faked, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(hub, "getproxies", dict)
    with pytest.raises(OSError):
        hub._check_network("https://hub.invalid")
    monkeypatch.setattr(hub, "getproxies", lambda: {"https": "http://proxy.invalid"})
    hub._check_network("https://hub.invalid")


def test_a_damaged_download_is_deleted_and_loaded_once_more(faked):
    faked.spoils = True
    with pytest.raises(ConnectionError, match="the download of 'mnist' was damaged and has been deleted"):
        images.load("mnist")
    assert not [path for path in faked.folder.rglob("*") if path.is_file()]
    faked.spoils = False
    assert len(images.load("mnist")) == 300


def test_a_row_that_cannot_be_read_is_left_out_with_its_label(faked):
    faked.contents[4] = b"broken"
    with pytest.warns(UserWarning, match="left out 1 of 300 pictures in 'mnist' .*, the first: row 4") as given:
        found = images.load("mnist")
    assert given[0].filename == __file__
    np.testing.assert_array_equal(found.labels, np.delete(LABELS, 4))


@pytest.mark.skipif(importlib.util.find_spec("datasets") is None, reason="needs pip install wgan_helpers[images]")
@pytest.mark.parametrize(
    ("fault", "says"), [("none", "300 (1, 28, 28) 3"), ("bit", "damaged"), ("end", "cannot download")]
)
def test_the_real_library_on_a_hub_of_our_own(tmp_path, root, fault, says):
    # a process of its own: the library reads its settings when it is imported
    environment = {**os.environ, "HF_HOME": str(tmp_path / "hub"), "PYTHONPATH": str(root), "FAULT": fault}
    script = Path(__file__).with_name("hub_of_our_own.py")
    ran = subprocess.run([sys.executable, script], env=environment, capture_output=True, check=False, text=True)
    assert says in ran.stdout, ran.stderr
    if fault != "none":
        # older versions keep what came, under a name that ends in .incomplete, and go on from there
        assert not [path for path in (tmp_path / "hub").rglob("blobs/*") if not path.suffix]

"""PNG files as Pillow reads them."""

import io

import numpy as np
import pytest
from PIL import Image

from wgan_helpers.ui.encoding import png_file


@pytest.mark.parametrize("shape", [(1, 1), (1, 7), (7, 1), (37, 53)])
@pytest.mark.parametrize("levels", [2, 256])
def test_a_file_gives_the_pixels_back(shape, levels):
    rgba = np.random.default_rng(0).integers(levels, size=(*shape, 4), dtype=np.uint8)
    with Image.open(io.BytesIO(png_file(rgba))) as picture:
        assert picture.mode == "RGB"
        assert (np.asarray(picture) == rgba[..., :3]).all()


def test_a_buffer_does_as_well_as_an_array():
    rgba = np.random.default_rng(0).integers(256, size=(5, 6, 4), dtype=np.uint8)
    assert png_file(memoryview(rgba)) == png_file(rgba)


def test_a_picture_of_equal_rows_is_small():
    rgba = np.tile(np.random.default_rng(0).integers(256, size=(1, 300, 4), dtype=np.uint8), (400, 1, 1))
    assert len(png_file(rgba)) < 10_000

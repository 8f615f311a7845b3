"""Files are written whole or not at all."""

import os

import pytest

from wgan_helpers import _files


def write(path, content=b"new"):
    with _files.replacing(path) as file:
        file.write(content)


def test_what_goes_wrong_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "kept"
    write(path, b"old")
    with pytest.raises(RuntimeError, match="half-way"), _files.replacing(path) as file:
        file.write(b"ne")
        raise RuntimeError("half-way")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX")
def test_others_may_read_what_the_umask_lets_them(tmp_path):
    before = os.umask(0o022)
    try:
        write(tmp_path / "shared")
    finally:
        os.umask(before)
    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o644

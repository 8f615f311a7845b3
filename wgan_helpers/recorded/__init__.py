"""What long runs gave, in small files: :func:`load` reads them, :mod:`wgan_helpers.record` makes them."""

from wgan_helpers.recorded.reading import Recorded, figures, load
from wgan_helpers.recorded.run import Row, Rows, Run, last_of_each

__all__ = ["Recorded", "Row", "Rows", "Run", "figures", "last_of_each", "load"]

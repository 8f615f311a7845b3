"""Pictures to sample from: sets with a name, or a folder of your own.

``images.load("digits")`` needs no network: scikit-learn ships them. :func:`load` says what else there is.
"""

from wgan_helpers.images.loading import load
from wgan_helpers.images.pictures import Pictures, sheet

__all__ = ["Pictures", "load", "sheet"]

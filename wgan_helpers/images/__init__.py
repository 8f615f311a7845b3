"""Pictures to sample from.

``images.load("digits")`` needs no network: scikit-learn ships them.
"""

from wgan_helpers.images.loading import load
from wgan_helpers.images.pictures import Pictures, sheet

__all__ = ["Pictures", "load", "sheet"]

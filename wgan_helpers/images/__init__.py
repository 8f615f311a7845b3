"""Pictures to sample from.

``images.load("digits")`` needs no network: scikit-learn ships them.
"""

from wgan_helpers.images import faces
from wgan_helpers.images.pictures import Pictures, load, sheet

__all__ = ["Pictures", "faces", "load", "sheet"]

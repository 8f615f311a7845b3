"""Pictures to sample from: sets with a name, or a folder of your own.

``images.load("faces")`` and ``images.load("digits")`` need no network: the first are drawn by :mod:`.faces`, the second
come with scikit-learn. :func:`load` says what else there is.
"""

from wgan_helpers.images import faces
from wgan_helpers.images.loading import load
from wgan_helpers.images.pictures import Pictures, sheet

__all__ = ["Pictures", "faces", "load", "sheet"]

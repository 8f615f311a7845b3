"""Networks: so far one that knows drawn faces.

:mod:`.face_features` gives features of pictures, to compare them by what they show rather than by their pixels.
"""

from wgan_helpers.networks import face_features

__all__ = ["face_features"]

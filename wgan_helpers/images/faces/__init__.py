"""Faces drawn from known factors: as many as you like, of nobody, with no network.

>>> people = random_factors(64, seed=1)
>>> pixels = draw(people, size=64)
>>> same_person_lit_from_the_left = draw(people[0].replace(light_azimuth=-70))
"""

from wgan_helpers.images.faces.drawing import draw
from wgan_helpers.images.faces.factors import (
    BACKGROUND,
    CLOTHES,
    EXPRESSION,
    IDENTITY,
    LIGHT,
    POSE,
    Factors,
    random_factors,
)
from wgan_helpers.images.faces.ranges import Range

__all__ = [
    "BACKGROUND",
    "CLOTHES",
    "EXPRESSION",
    "IDENTITY",
    "LIGHT",
    "POSE",
    "Factors",
    "Range",
    "draw",
    "random_factors",
]

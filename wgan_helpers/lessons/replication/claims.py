"""All claims, in the order of the paper."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wgan_helpers.lessons.replication import (
    section_1_5_minima,
    section_2_3,
    section_4_static,
    section_4_training_8,
    section_5_samples,
    section_6,
    section_7,
)
from wgan_helpers.lessons.replication.claim import Claim

_ALL: Final = [
    *section_2_3.CLAIMS,
    *section_4_static.CLAIMS,
    *section_4_training_8.CLAIMS,
    *section_5_samples.CLAIMS,
    *section_1_5_minima.CLAIMS,
    *section_6.CLAIMS,
    *section_7.CLAIMS,
]
#: By their names.
CLAIMS: Final[Mapping[str, Claim]] = MappingProxyType(
    {claim.name: claim for claim in sorted(_ALL, key=lambda claim: claim.place.split(",")[0])}
)

#: The paper's argument in five lines, and the claims that each rests on.
ARGUMENT: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "The loss of a WGAN is not W₁.": ("penalty-is-not-w1", "penalty-orders-of-magnitude", "no-minimiser"),
        "A better estimate of W₁ makes worse pictures.": ("c-transform-in-training", "paradox", "because-it-fails"),
        "W₁ of minibatches is another number, with false minima.": (
            "slow-decay",
            "gradient-bias",
            "mean-picture",
            "centroid-pictures",
            "false-minimum-in-training",
        ),
        "Regularisation does not save it: the distance of pixels is at fault.": (
            "sinkhorn-sample-complexity",
            "entropic-stays-poor",
            "pixels-and-light",
        ),
        "What helps is a critic that is held, and good hyperparameters.": (
            "lipschitz-helps-vanilla",
            "lipschitz-helps-wgan",
            "vanilla-is-comparable",
        ),
    }
)

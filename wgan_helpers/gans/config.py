"""One frozen record that says everything about a training run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, Final, Self

from wgan_helpers import _checks
from wgan_helpers.gans.objectives import OBJECTIVES

CRITICS: Final = ("mlp", "lipschitz", "spectral", "conv", "lipschitz-conv", "spectral-conv")
GENERATORS: Final = ("mlp", "conv")
PRECISIONS: Final = ("float32", "bfloat16")


@dataclass(frozen=True, kw_only=True)
class Config:
    """Settings of a GAN. The defaults are those of the toy experiments of WGAN-GP, in a smaller network.

    Attributes
    ----------
    objective : str
        A name of :data:`.OBJECTIVES`.
    critic : str
        ``"mlp"`` or ``"conv"``, held as the objective says (clipping, penalty, spectral norms or nothing), or
        1-Lipschitz by construction: ``"lipschitz"`` or ``"lipschitz-conv"``; or its weights over their spectral norms,
        whatever the objective: ``"spectral"`` or ``"spectral-conv"``.
    generator : str
        ``"mlp"`` or ``"conv"``; the convolutional ones need pictures.
    hidden, depth : int
        Units of each hidden layer, and hidden layers, of perceptrons. Of convolutional networks ``hidden`` is the
        number of channels next to the picture; their depth follows from its size.
    latent : int
        Dimension of the generator's Gaussian input.
    batch : int
        Points of each minibatch n.
    steps : int
        Of the generator.
    critic_steps : int
        Before each of them.
    lr_critic, lr_generator, beta1, beta2 : float
        Of Adam.
    decay : bool
        Let both learning rates fall evenly to zero over the run.
    penalty : float
        Weight λ of the gradient's penalty, where the objective has one. 10 is usual for pictures, 0.1 for toy data.
    clip : float
        Largest size of a weight, where the objective clips them.
    epsilon : float
        Regularisation of ``c-eps-transform``, in the unit of the data.
    diversity : float
        BEGAN's γ: the generated points' reconstruction error that is aimed at, over the real ones'.
    balance_rate : float
        BEGAN's λ_k: how fast the balance between the two errors follows.
    seed : int
        For the initial weights and all samples.
    precision : str
        ``"float32"``, or ``"bfloat16"`` for the products of networks that are both convolutional.

    Raises
    ------
    TypeError, ValueError
        In one line that names the field, and the nearest known name for an unknown one.

    References
    ----------
    Gulrajani et al. 2017, ``gan_toy.py``.
    """

    objective: str = "wgan-gp"
    critic: str = "mlp"
    generator: str = "mlp"
    hidden: int = 64
    depth: int = 3
    latent: int = 2
    batch: int = 128
    steps: int = 2000
    critic_steps: int = 5
    lr_critic: float = 1e-3
    lr_generator: float = 1e-3
    beta1: float = 0.5
    beta2: float = 0.9
    decay: bool = True
    penalty: float = 0.1
    clip: float = 0.01
    epsilon: float = 1.0
    diversity: float = 0.5
    balance_rate: float = 1e-3
    seed: int = 0
    precision: str = "float32"

    def __new__(cls, *unnamed: Any, **named: Any) -> Self:
        """Refuse an unknown field in words that help."""
        known = [field.name for field in fields(cls)]
        for name in named:
            if name not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.4) or [k for k in known if k.startswith(name)]
                hint = f"did you mean {near[0]!r}? " if near else ""
                raise TypeError(f"Config has no field {name!r}: {hint}it has {', '.join(known)}")
        return super().__new__(cls)

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            object.__setattr__(self, name, check(getattr(self, name), name))  # NumPy's numbers become Python's
        if self.control == "lipschitz" and self.hidden % 2:
            raise ValueError(f"hidden must be even for a Lipschitz critic, which sorts pairs, got {self.hidden}")
        if OBJECTIVES[self.objective].reads == "errors" and self.critic != "mlp":
            raise ValueError(
                f"the critic of {self.objective} is an autoencoder: critic must be 'mlp', got {self.critic!r}"
            )
        if self.precision == "bfloat16" and not (self.critic.endswith("conv") and self.generator == "conv"):
            raise ValueError(
                "bfloat16 is for convolutional networks only: "
                f"got critic {self.critic!r} and generator {self.generator!r}"
            )

    @property
    def control(self) -> str | None:
        """How the critic is held, besides a penalty: ``"clip"``, ``"spectral"``, ``"lipschitz"`` or not at all."""
        held = self.critic.removesuffix("-conv")
        return held if held in ("lipschitz", "spectral") else OBJECTIVES[self.objective].control


#: What may differ between models side by side.
OF_EACH: Final = ("seed", "lr_critic", "lr_generator", "beta1", "beta2", "penalty", "clip", "diversity", "balance_rate")
_SHARED: Final = tuple(field.name for field in fields(Config) if field.name not in OF_EACH)
#: What cannot change while a game runs.
FIXED: Final = ("critic", "generator", "hidden", "depth", "latent", "seed", "precision")


def listed(configs: Iterable[Config]) -> list[Config]:
    """Configurations as a list, if that is what they are."""
    if isinstance(configs, Config):
        raise TypeError("configs must be a sequence of Config, got a Config")
    known = list(configs)
    for config in known:
        if not isinstance(config, Config):
            raise TypeError(f"configs must be a sequence of Config, got a {type(config).__name__} in it")
    return known


def shared_fields(config: Config) -> tuple[Any, ...]:
    """What models side by side have in common."""
    return tuple(getattr(config, name) for name in _SHARED)


def shared(configs: Sequence[Config]) -> Config:
    """The first of them, if they differ only in what may differ."""
    if not configs:
        raise ValueError("there must be at least one configuration, got none")
    for name in _SHARED:
        values = list(dict.fromkeys(getattr(config, name) for config in configs))
        if len(values) > 1:
            raise ValueError(f"{name} must be the same for models side by side, got {', '.join(map(repr, values))}")
    return configs[0]


def _one_of(known: tuple[str, ...]) -> Callable[[Any, str], Any]:
    return lambda value, name: _checks.one_of(value, name, known)


def _integer(minimum: int) -> Callable[[Any, str], Any]:
    return lambda value, name: _checks.integer(value, name, minimum)


def _number(minimum: float, maximum: float = float("inf")) -> Callable[[Any, str], Any]:
    return lambda value, name: _checks.number(value, name, minimum, maximum)


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, got {_checks.shown(value)}")
    return value


def _seed(value: Any, name: str) -> int:
    checked = _checks.integer(value, name, 0)
    if checked >= 2**63:
        raise ValueError(f"{name} must be below 2**63, got {value}")
    return checked


def _momentum(value: Any, name: str) -> float:
    checked = _checks.number(value, name, 0, 1)
    if checked == 1:
        raise ValueError(f"{name} must be below 1, got {value}")
    return checked


_CHECKS: Mapping[str, Callable[[Any, str], Any]] = MappingProxyType(
    {
        "objective": _one_of(tuple(OBJECTIVES)),
        "critic": _one_of(CRITICS),
        "generator": _one_of(GENERATORS),
        "precision": _one_of(PRECISIONS),
        **dict.fromkeys(("hidden", "depth", "latent", "steps", "critic_steps"), _integer(1)),
        "batch": _integer(2),
        "seed": _seed,
        **dict.fromkeys(("lr_critic", "lr_generator", "clip", "epsilon", "balance_rate"), _checks.positive),
        **dict.fromkeys(("beta1", "beta2"), _momentum),
        "decay": _flag,
        "penalty": _number(0),
        "diversity": _number(0, 1),
    }
)

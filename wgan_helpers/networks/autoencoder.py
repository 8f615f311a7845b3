"""A critic that is an autoencoder, as BEGAN wants it."""

from torch import Tensor, nn

from wgan_helpers.networks.mlp import MLP, Generators


class Autoencoder(nn.Module):
    """Reconstruction errors of a pair of perceptrons.

    Parameters
    ----------
    inputs : int
        Dimension of the points.
    code : int
        Dimension between encoder and decoder.
    hidden, depth, models, generators
        Of each of the two, as for :class:`MLP`.

    References
    ----------
    Berthelot, Schumm, Metz 2017, "BEGAN: boundary equilibrium generative adversarial networks".
    """

    def __init__(
        self,
        inputs: int,
        code: int,
        hidden: int = 64,
        depth: int = 3,
        *,
        models: int | None = None,
        generators: Generators = None,
    ) -> None:
        super().__init__()
        self.encoder = MLP(inputs, code, hidden, depth, models=models, generators=generators)
        self.decoder = MLP(code, inputs, hidden, depth, models=models, generators=generators)

    def forward(self, x: Tensor) -> Tensor:
        """Mean absolute error ``(..., n, 1)`` of the reconstruction of ``x`` ``(..., n, inputs)``."""
        return (self.decoder(self.encoder(x)) - x).abs().mean(dim=-1, keepdim=True)

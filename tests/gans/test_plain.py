"""The same games in plain PyTorch: linear layers, double backward, its Adam, the same draws."""

import pytest
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from wgan_helpers.distributions import GaussianRing
from wgan_helpers.gans import OBJECTIVES, Config, Game
from wgan_helpers.networks import bjorck

RING = GaussianRing()
GAMES = [*((name, "mlp") for name in OBJECTIVES), *((name, "lipschitz") for name in OBJECTIVES if name != "began")]
SMALL = {"hidden": 8, "depth": 2, "batch": 16, "critic_steps": 3}


def weights(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def game_of(objective: str = "wgan-gp", **settings) -> Game:
    return Game(Config(objective=objective, **{**SMALL, **settings}), RING)


class Plain(nn.Module):
    """A perceptron as a list of linear layers, of the kind ``"relu"``, ``"lipschitz"`` or ``"spectral"``."""

    def __init__(self, like, kind: str = "relu") -> None:
        super().__init__()
        self.kind = kind
        self.layers = nn.ModuleList(nn.Linear(*weight.shape) for weight in like.weights)
        for layer, weight, bias in zip(self.layers, like.weights, like.biases, strict=True):
            layer.weight.data, layer.bias.data = weight.data.mT.clone(), bias.data.flatten().clone()
        self.directions = [torch.linalg.svd(layer.weight.data)[::2] for layer in self.layers]
        self.directions = [(u[:, 0], v[0]) for u, v in self.directions]

    def forward(self, x: Tensor) -> Tensor:
        for i, layer in enumerate(self.layers):
            u, v = self.directions[i]
            norm = u @ layer.weight @ v if self.kind == "spectral" else 1.0
            x = functional.linear(x, layer.weight / norm, layer.bias)
            if i < len(self.layers) - 1:
                x = self.activation(x)
        return x

    def activation(self, x: Tensor) -> Tensor:
        if self.kind == "lipschitz":
            return torch.stack(x.chunk(2, dim=-1)).sort(dim=0, descending=True).values.movedim(0, -2).flatten(-2)
        return functional.leaky_relu(x, 0.2 if self.kind == "spectral" else 0.0)

    @torch.no_grad()
    def hold(self, clip: float | None) -> None:
        for i, layer in enumerate(self.layers):
            if clip is not None:
                layer.weight.clamp_(-clip, clip)
                layer.bias.clamp_(-clip, clip)
            if self.kind == "lipschitz":
                layer.weight.copy_(bjorck(layer.weight))
            if self.kind == "spectral":
                v = functional.normalize(layer.weight.mT @ self.directions[i][0], dim=0)
                self.directions[i] = functional.normalize(layer.weight @ v, dim=0), v


class PlainAutoencoder(nn.Module):
    def __init__(self, like) -> None:
        super().__init__()
        self.both = nn.Sequential(Plain(like.encoder), Plain(like.decoder))

    def forward(self, x: Tensor) -> Tensor:
        return functional.l1_loss(self.both(x), x, reduction="none").mean(dim=1, keepdim=True)

    def hold(self, clip: float | None) -> None:
        pass


def bce(scores: Tensor, label: float) -> Tensor:
    return functional.binary_cross_entropy_with_logits(scores, torch.full_like(scores, label))


def mse(scores: Tensor, label: float) -> Tensor:
    return functional.mse_loss(scores, torch.full_like(scores, label)) / 2


def transformed(critic: nn.Module, x: Tensor, y: Tensor, epsilon: float | None) -> Tensor:
    slack = torch.cdist(y, x) - critic(x).T
    if epsilon is None:
        return critic(x).mean() + slack.min(dim=1).values.mean()
    return critic(x).mean() - epsilon * torch.log(torch.exp(-slack / epsilon).mean(dim=1)).mean()


Draw = tuple[Tensor, Tensor]  # uniform numbers; standard deviation of the data


def plain_critic_loss(c: Config, critic: nn.Module, x: Tensor, y: Tensor, draw: Draw, k: float) -> Tensor:
    match c.objective:
        case "mm" | "ns" | "dragan":
            loss = bce(critic(x), 1) + bce(critic(y), 0)
        case "lsgan":
            loss = mse(critic(x), 1) + mse(critic(y), 0)
        case "sngan":
            loss = (1 - critic(x)).clamp(min=0).mean() + (1 + critic(y)).clamp(min=0).mean()
        case "began":
            loss = critic(x).mean() - k * critic(y).mean()
        case "c-transform" | "c-eps-transform":
            return -transformed(critic, x, y, None if c.objective == "c-transform" else c.epsilon)
        case _:
            loss = critic(y).mean() - critic(x).mean()
    if c.objective in ("wgan-gp", "wgan-lp", "dragan"):
        uniform, std = draw
        near_data = c.objective == "dragan"
        at = x + (uniform[:, :1] * uniform[:, 1:] * std / 2 if near_data else uniform * (y - x))
        at.requires_grad_()
        excess = torch.autograd.grad(critic(at).sum(), at, create_graph=True)[0].norm(dim=1) - 1
        loss = loss + c.penalty * (excess.clamp(min=0) if c.objective == "wgan-lp" else excess).pow(2).mean()
    return loss


def plain_generator_loss(c: Config, critic: nn.Module, x: Tensor | None, y: Tensor) -> Tensor:
    match c.objective:
        case "mm":
            return -bce(critic(y), 0)
        case "ns" | "dragan":
            return bce(critic(y), 1)
        case "lsgan":
            return mse(critic(y), 1)
        case "began":
            return critic(y).mean()
        case "c-transform" | "c-eps-transform":
            return transformed(critic, x, y, None if c.objective == "c-transform" else c.epsilon)
        case _:
            return -critic(y).mean()


def play_plainly(game: Game, steps: int) -> tuple[nn.Module, nn.Module, float]:
    """What the game would come to, from where it stands, with the same draws: networks and BEGAN's balance."""
    c, k = game.config, 0.0
    generator = Plain(game.generator)
    critic = PlainAutoencoder(game.critic) if c.objective == "began" else Plain(game.critic, c.control or "relu")
    adams = [
        torch.optim.Adam(net.parameters(), lr, (c.beta1, c.beta2))
        for net, lr in ((generator, c.lr_generator), (critic, c.lr_critic))
    ]
    decays = [torch.optim.lr_scheduler.LambdaLR(adam, lambda done: 1 - done / c.steps) for adam in adams]
    randomness = Generator()
    randomness.set_state(game.state()["randomness"][0])

    def drawn(times: int) -> tuple[Tensor, Tensor]:
        real = RING.sample(times * c.batch, randomness).double()
        return real, torch.randn(times * c.batch, c.latent, generator=randomness)

    for _ in range(steps):
        real, latent = drawn(c.critic_steps)
        columns = {"wgan-gp": 1, "wgan-lp": 1, "dragan": 3}.get(c.objective, 0)
        uniform = torch.rand(len(real), columns, generator=randomness)
        for x, z, u in zip(real.split(c.batch), latent.split(c.batch), uniform.split(c.batch), strict=True):
            y = generator(z).detach()
            adams[1].zero_grad()
            plain_critic_loss(c, critic, x, y, (u, real.std()), k).backward()
            if c.objective == "began":
                with torch.no_grad():
                    k = min(max(k + 1e-3 * (c.diversity * critic(x).mean() - critic(y).mean()).item(), 0), 1)
            adams[1].step()
            critic.hold(c.clip if c.control == "clip" else None)
        z = torch.randn(c.batch, c.latent, generator=randomness)
        x = RING.sample(c.batch, randomness).double() if "transform" in c.objective else None
        adams[0].zero_grad()
        plain_generator_loss(c, critic, x, generator(z)).backward()
        adams[0].step()
        for decay in decays:
            decay.step()
    return generator, critic, k


def as_in_linear_layers(network) -> Tensor:
    """The weights in the order of PyTorch's own modules."""
    parts = [network.encoder, network.decoder] if hasattr(network, "encoder") else [network]
    pairs = [pair for part in parts for pair in zip(part.weights, part.biases, strict=True)]
    return torch.cat([p.detach().flatten() for weight, bias in pairs for p in (weight.mT, bias)])


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize(("objective", "critic"), GAMES)
def test_twenty_steps_equal_those_of_plain_pytorch(objective, critic):
    game = game_of(objective, critic=critic, steps=40, lr_critic=2e-3, penalty=0.7, epsilon=0.3, clip=0.1)
    generator, plain_critic, balance = play_plainly(game, 20)
    for _ in range(20):
        game.step()
    torch.testing.assert_close(as_in_linear_layers(game.generator), weights(generator), rtol=0, atol=1e-9)
    torch.testing.assert_close(as_in_linear_layers(game.critic), weights(plain_critic), rtol=0, atol=1e-9)
    assert game._critic.balance.item() == pytest.approx(balance, abs=1e-12)

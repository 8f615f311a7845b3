"""The game of two: against the same game in plain PyTorch; what each player's step may touch; the critics' holds."""

import math
from dataclasses import replace

import pytest
import torch
from torch import Generator, Tensor, nn
from torch.nn import functional

from wgan_helpers import transport
from wgan_helpers.distributions import Gaussian, GaussianRing
from wgan_helpers.gans import OBJECTIVES, Config, Game
from wgan_helpers.networks import bjorck, lipschitz_bound

RING = GaussianRing()
GAMES = [*((name, "mlp") for name in OBJECTIVES), *((name, "lipschitz") for name in OBJECTIVES if name != "began")]
SMALL = {"hidden": 8, "depth": 2, "batch": 16, "critic_steps": 3}


def weights(network: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def game_of(objective: str = "wgan-gp", **settings) -> Game:
    return Game(Config(objective=objective, **{**SMALL, **settings}), RING)


# whose step touches what


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_generated_points_are_detached_in_the_critic_s_step(objective):
    game = game_of(objective)
    generator, critic = weights(game.generator), weights(game.critic)
    game.critic_step()
    assert weights(game.generator).equal(generator)
    assert not game.generator_adam.gradient.any()
    assert not weights(game.critic).equal(critic)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_critic_rests_in_the_generator_s_step(objective):
    game = game_of(objective)
    generator, critic = weights(game.generator), weights(game.critic)
    game.generator_step()
    assert not game.critic_adam.gradient.any()
    assert weights(game.critic).equal(critic)
    assert not weights(game.generator).equal(generator)
    assert game.steps == 1


# against plain PyTorch


class Plain(nn.Module):
    """A perceptron as a list of linear layers; ``sorts`` pairs of units, or leaks, or neither."""

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
    assert game.balance.item() == pytest.approx(balance, abs=1e-12)


def test_began_s_balance_by_hand():
    game = game_of("began", critic_steps=1, diversity=0.7)
    game.balance = torch.tensor(0.25)
    real, fake = torch.tensor([1.0, 3.0]), torch.tensor([0.5, 1.5])
    losses = game._critic_losses([real, fake], real, fake)
    assert losses.critic.item() == pytest.approx(2 - 0.25 * 1)
    assert game.balance.item() == pytest.approx(0.25 + 1e-3 * (0.7 * 2 - 1))


def test_began_s_balance_stays_between_0_and_1():
    game = game_of("began")
    for start, real, fake, end in ((0.0, 0.0, 5.0, 0.0), (1.0, 5.0, 0.0, 1.0)):
        game.balance = torch.tensor(start)
        game._critic_losses([torch.tensor([real]), torch.tensor([fake])], torch.empty(0), torch.empty(0))
        assert game.balance == end


# how critics are held


def test_clipped_weights_stay_within_the_limit():
    game = game_of("wgan", clip=0.02, lr_critic=0.05)
    for _ in range(5):
        game.critic_step()
        assert weights(game.critic).abs().max() == torch.tensor(0.02)


@pytest.mark.parametrize("objective", [name for name in OBJECTIVES if name != "began"])
def test_a_lipschitz_critic_has_slope_at_most_1_at_every_step_of_training(objective):
    game = game_of(objective, critic="lipschitz", lr_critic=0.05, steps=30)
    for _ in range(30):
        game.step()
        bound = lipschitz_bound(game.critic)
        assert bound <= 1 + 1e-5
    assert bound > 0.5  # held, not shrunk to nothing


def test_spectral_weights_have_norm_near_1():
    game = game_of("sngan", lr_critic=1e-3)
    for _ in range(20):
        game.step()
    for layer in game.critic.effective_weights():
        assert torch.linalg.matrix_norm(layer, ord=2).item() == pytest.approx(1, abs=0.02)


# what the critic's loss says


def shifted_gaussians(objective: str, shift: float, steps: int, **settings) -> list[float]:
    """A critic's estimates on the way, between N(0, I) and what a generator at rest makes: the same, moved."""
    game = Game(Config(objective=objective, hidden=32, depth=2, lr_critic=5e-3, **settings), Gaussian(dim=2))
    first, second, last = game.generator.weights
    identity = torch.eye(2)
    with torch.no_grad():
        for p in game.generator.parameters():
            p.zero_()
        first[:, :4] = torch.cat([identity, -identity], dim=1)  # z = relu(z) - relu(-z)
        second[:4, :4] = torch.eye(4)
        last[:4] = torch.cat([identity, -identity])
        game.generator.biases[-1][0, 0] = shift
    estimates = []
    for _ in range(steps):
        game.critic_step()
        estimates.append(game.estimate.item())
    return estimates


def test_the_c_transform_of_a_trained_critic_estimates_the_w1_of_minibatches():
    estimate = sum(shifted_gaussians("c-transform", 4, 300, batch=64)[-50:]) / 50
    x = torch.randn(20, 64, 2, generator=Generator().manual_seed(1))
    y = torch.randn(20, 64, 2, generator=Generator().manual_seed(2)) + torch.tensor([4.0, 0.0])
    assert estimate == pytest.approx(transport.wasserstein1(x, y).mean().item(), rel=0.03)


@pytest.mark.parametrize("penalty", [0.5, 2.0])
def test_a_soft_penalty_makes_the_critic_steeper_by_a_known_law(penalty):
    """The largest of sW − λ(s − 1)² over slopes s is at s = 1 + W / 2λ, so that sW = W + W² / 2λ."""
    estimates = shifted_gaussians("wgan-gp", 2, 600, batch=256, penalty=penalty)
    assert sum(estimates[-100:]) / 100 == pytest.approx(2 + 2**2 / (2 * penalty), rel=0.05)


# settings that change while it runs


def test_a_change_keeps_weights_momenta_and_randomness():
    game, same = game_of(), game_of()
    for each in (game, same):
        each.step()
    game.change(objective="wgan-lp", lr_critic=0.1, critic_steps=2, epsilon=3.0)
    before = {name: same.state()[name] for name in ("players", "randomness", "steps")}
    after = {name: game.state()[name] for name in before}
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert (game.config.objective, game.config.lr_critic, game.config.penalty) == ("wgan-lp", 0.1, 0.1)


@pytest.mark.usefixtures("double")
def test_a_changed_game_goes_on_as_one_that_had_the_settings_all_along():
    settings = {
        "lr_critic": 0.02, "lr_generator": 0.01, "beta1": 0.3, "beta2": 0.8, "penalty": 2.0, "decay": False,
        "critic_steps": 2, "batch": 8, "objective": "wgan-gp",
    }  # fmt: skip
    changed, other = game_of("ns"), game_of(**settings)
    changed.change(**settings)
    for each in (changed, other):
        for _ in range(3):
            each.step()
    assert weights(changed.generator).equal(weights(other.generator))
    assert changed.losses == other.losses


def test_clip_diversity_epsilon_and_steps_can_change():
    game = game_of("wgan")
    game.change(clip=1e-4, steps=17)
    game.critic_step()
    assert weights(game.critic).abs().max() <= 1e-4
    assert game.snapshot().steps == 17
    began = game_of("began")
    began.change(diversity=1.0)
    began._critic_losses([torch.tensor([3.0]), torch.tensor([1.0])], torch.empty(0), torch.empty(0))
    assert began.balance.item() == pytest.approx(1e-3 * (3 - 1))


def test_all_models_change_at_once():
    game = Game([Config(**SMALL, lr_critic=lr) for lr in (0.1, 0.2)], RING)
    game.change(lr_critic=0.3, penalty=5)
    assert [config.lr_critic for config in game.configs] == [0.3, 0.3]
    game.step()


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"lr_critic": -1}, ValueError, "lr_critic must be positive"),
        ({"objectiv": "ns"}, TypeError, "did you mean 'objective'"),
        ({"hidden": 16}, ValueError, "hidden cannot change while a game runs: start a new one"),
        ({"seed": 1}, ValueError, "seed cannot change"),
        ({"objective": "sngan"}, ValueError, "sngan needs another kind of critic than wgan-gp: start a new game"),
        ({"objective": "began"}, ValueError, "began needs another kind of critic"),
        ({"batch": 101}, ValueError, "batch must be at most 100, the number of points, got 101"),
    ],
)
def test_an_impossible_change_leaves_the_game_as_it_was(settings, error, words):
    points = torch.randn(100, 2)
    game, untouched = (Game(Config(**SMALL), points) for _ in range(2))
    with pytest.raises(error, match=words):
        game.change(lr_generator=0.5, **settings)
    for each in (game, untouched):
        each.step()
    assert game.config == untouched.config
    assert weights(game.generator).equal(weights(untouched.generator))


def test_a_lipschitz_critic_may_go_on_with_any_objective_of_scores():
    game = game_of("wgan", critic="lipschitz")
    for objective in ("sngan", "ns", "wgan-gp", "c-transform"):
        game.change(objective=objective)
        game.step()
    assert lipschitz_bound(game.critic) <= 1 + 1e-5


# what a game is made of


@pytest.mark.parametrize(
    ("config", "source", "error", "words"),
    [
        (Config(batch=101), torch.randn(100, 2), ValueError, "batch must be at most 100, the number of points"),
        (Config(), torch.full((500, 2), math.nan), ValueError, "points must be finite, got NaN in 500 of 500"),
        (Config(), "ring", TypeError, "source must be a law, pictures or points"),
        (Config(generator="conv"), RING, ValueError, "convolutional networks need pictures"),
        (Config(critic="conv"), RING, ValueError, "for points take critic='mlp'"),
        ([], RING, ValueError, "at least one configuration"),
        ("ns", RING, TypeError, "a sequence of Config, got a str in it"),
        (
            [Config(), Config(hidden=32)],
            RING,
            ValueError,
            "hidden must be the same for models side by side, got 64, 32",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(config, source, error, words):
    with pytest.raises(error, match=words):
        Game(config, source)


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "mps:7"])
def test_a_device_that_is_not_there_is_refused_in_one_line(device):
    with pytest.raises(ValueError, match=f"^device '{device}' is not to be had here: 'cpu' always is$"):
        Game(Config(), RING, device)


class Wrong:
    """A law that does not keep its word."""

    dim, name = 3, "wrong"

    def __init__(self, points: Tensor) -> None:
        self.points = points

    def sample(self, n: int, generator: Generator | None = None) -> Tensor:
        return self.points.expand(n, -1)


def test_a_source_that_draws_other_than_it_says_is_refused():
    with pytest.raises(ValueError, match="says that its dimension is 3, and draws points of 2"):
        Game(Config(), Wrong(torch.zeros(1, 2)))
    with pytest.raises(ValueError, match="not finite: 1000 of 1000"):
        Game(Config(), Wrong(torch.tensor([[0.0, math.inf, 0.0]])))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize(("objective", "critic"), GAMES)
def test_on_a_gpu_every_game_plays_and_goes_on_where_it_was_saved(objective, critic):
    config = Config(objective=objective, critic=critic, **SMALL)
    configs = [config, replace(config, seed=1, lr_critic=0.01)]
    game = Game(configs, RING, "cuda")
    game.step()
    state = game.state()
    game.step()
    snapshot = game.snapshot()
    assert snapshot.sample(5).is_cuda and snapshot.finite.all()
    assert snapshot.critic(torch.zeros(3, 2)).shape == (2, 3)
    game.load(state)
    game.step()
    torch.testing.assert_close(game.snapshot().sample(5), snapshot.sample(5))

# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The space of GANs
#
# Section 7 of the paper: Figures 10 and 11, a playground, and whether the loss matters.
#
# **You will learn**
# - how eleven GANs differ, on one screen: two losses each, and what holds the critic's slope;
# - how a network can be 1-Lipschitz *for certain*, and what that costs;
# - that such a critic helps a GAN that has nothing to do with $W_1$, and whether it helps a WGAN;
# - why a comparison of losses says little unless it tells how many settings and seeds were tried.
#
# **You need** notebook 05; what a GAN is. **Time**: 75 minutes with the exercises.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import torch

from wgan_helpers import gans, lessons, networks, record, ui
from wgan_helpers.distributions import GaussianRing

ui.use_style()

# %% tags=["parameters"]
scale = "default"  # "paper": networks of 64 units, 2000 steps, for the tables of Figures 10 and 11
seed = 0

# %%
base = {"default": lessons.lipschitz.SMALL, "paper": lessons.lipschitz.LARGE}[scale]

# %% [markdown]
# ## 1 · Two players
#
# A generator $G$ turns noise $z$ into points, a critic $D$ scores points. In turn each takes a step down its own loss: the
# critic several, then the generator one. A GAN is these two losses, and how the critic is held:
#
# | | critic minimises | generator minimises | held by |
# |---|---|---|---|
# | `mm` (Goodfellow et al. 2014) | $-\mathbb E \log \sigma(D(x)) - \mathbb E \log(1 - \sigma(D(G(z))))$ | $\mathbb E \log(1 - \sigma(D(G(z))))$ | |
# | `ns` (the same) | the same | $-\mathbb E \log \sigma(D(G(z)))$ | |
# | `lsgan` (Mao et al. 2017) | $\tfrac12 \mathbb E (D(x) - 1)^2 + \tfrac12 \mathbb E D(G(z))^2$ | $\tfrac12 \mathbb E (D(G(z)) - 1)^2$ | |
# | `wgan` (Arjovsky et al. 2017) | $\mathbb E D(G(z)) - \mathbb E D(x)$ | $-\mathbb E D(G(z))$ | clipped weights |
# | `wgan-gp` (Gulrajani et al. 2017) | the same | the same | $\lambda\, \mathbb E (\lvert \nabla D \rvert - 1)^2$ between real and generated points |
# | `wgan-lp` (Petzka et al. 2018) | the same | the same | $\lambda\, \mathbb E \max(0, \lvert \nabla D \rvert - 1)^2$ there |
# | `dragan` (Kodali et al. 2017) | as `ns` | as `ns` | $\lambda\, \mathbb E (\lvert \nabla D \rvert - 1)^2$ near real points |
# | `began` (Berthelot et al. 2017) | $\mathbb E e(x) - k\, \mathbb E e(G(z))$, $e$ an autoencoder's error | $\mathbb E e(G(z))$ | $k$ moves so that $\mathbb E e(G(z)) = \gamma\, \mathbb E e(x)$ |
# | `sngan` (Miyato et al. 2018) | $\mathbb E \max(0, 1 - D(x)) + \mathbb E \max(0, 1 + D(G(z)))$ | $-\mathbb E D(G(z))$ | weights over their spectral norms |
# | `c-transform` (Mallasto et al. 2019) | $-\mathbb E \varphi(x) - \mathbb E \varphi^c(G(z))$ | $\mathbb E \varphi^c(G(z))$ | the transform itself |
# | `c-eps-transform` (the same) | the same with a soft minimum | the same | the same |
#
# In code each is a function of a few lines, from scores to two losses:

# %%
real, fake = torch.tensor([2.0, 1.0]), torch.tensor([-1.0, 0.5])  # what a critic says of two real and two generated points
by_hand = -torch.sigmoid(real).log().mean() - (1 - torch.sigmoid(fake)).log().mean()
print(f"the critic's loss of `ns`, by hand {by_hand:.6f}, helper {gans.OBJECTIVES['ns'].losses(real, fake).critic:.6f}")

# %% [markdown]
# ### Exercise 1 · The loss that does not saturate
#
# Write the generator's loss of `ns`, $-\mathbb E \log \sigma(D(G(z)))$, from the scores $D(G(z))$, so that it stays finite
# where the critic is sure.

# %%
def generator_loss(scores):
    """The loss, a single number, of scores (n,)."""
    ...


# %%
lessons.exercises.generator_loss()

# %% [markdown]
# ## 2 · A critic that is 1-Lipschitz for certain
#
# A penalty asks for a slope of 1 at some points and certifies nothing. Anil et al. (2018) build a network that cannot be
# steeper: each layer's matrix is orthonormal, so it keeps lengths, and the activation only *sorts* pairs of values
# (MaxMin), so it keeps them too. A ReLU would lose half the gradient in every layer.
#
# Training moves the matrices off. One *Björck step* after each step of the optimiser brings them back,
#
# $$W \leftarrow \tfrac32 W - \tfrac12 W W^\top W ,$$
#
# which takes each singular value $\sigma$ to $1.5 \sigma - 0.5 \sigma^3$. That is at most 1 whenever $\sigma \le 2$: after one
# step the bound holds exactly, and with more of them the matrix becomes orthonormal; a small singular value takes longer. (For larger $\sigma$ the helper shrinks the matrix first.)

# %%
W = 0.4 * torch.randn(4, 3, generator=torch.Generator().manual_seed(seed))
print("helper and formula agree:", torch.allclose(networks.bjorck(W), 1.5 * W - 0.5 * W @ W.T @ W))

for step in range(6):
    print(f"after {step} steps, singular values", [round(float(s), 4) for s in torch.linalg.svdvals(W)])
    W = networks.bjorck(W)

# %% [markdown]
# ### Exercise 2 · One Björck step
#
# Write it. (It is the formula above; the check looks at the singular values.)

# %%
def bjorck_step(W):
    """The matrix (p, q) after one step."""
    ...


# %%
lessons.exercises.bjorck_step()

# %% [markdown]
# Does the certificate hold while a GAN trains? The product of the layers' largest singular values bounds the slope from
# above, the largest gradient found at 2000 points from below:

# %%
ring = GaussianRing()
points = 2 * torch.randn(2000, 2, generator=torch.Generator().manual_seed(seed))
print("steps    bound, largest slope found:    plain critic              Lipschitz critic")
runs = [gans.train(replace(base, objective="ns", critic=critic, steps=200, seed=seed), ring, every=50) for critic in ("mlp", "lipschitz")]
for plain, held in zip(*runs, strict=True):
    found = [float(torch.linalg.vector_norm(s.critic_gradient(points), dim=-1).max()) for s in (plain, held)]
    print(f"{plain.step:5d} {plain.lipschitz_bound():34.2f} {found[0]:10.2f} {held.lipschitz_bound():22.6f} {found[1]:10.6f}")

# %% [markdown]
# The plain critic becomes as steep as it likes. The other one never exceeds 1, at any moment, and the bound says so for
# certain.

# %% [markdown]
# ## 3 · A Lipschitz critic for a GAN without $W_1$ (Figure 11)
#
# The non-saturating GAN estimates a Jensen–Shannon divergence, for which the slope of the critic has no meaning. Does a
# 1-Lipschitz critic help it? One picture, as in the paper, could be luck. Here eight seeds of each train side by side. A
# mode counts as covered when at least 20 of 2500 samples are within three standard deviations of its centre.

# %%
ui.predict(
    "Ring of 8 Gaussians, the same generator and settings. What does the 1-Lipschitz critic change for the non-saturating GAN?",
    ["nothing: only WGANs need it", "it covers more modes", "it covers fewer, but more sharply"],
    answer="it covers more modes",
    because="The plain critic becomes so steep that the generator is drawn into the few modes that it has found. The held "
    "one is smooth, and its gradient leads to the other modes as well. Play it below, to the end.",
)

# %%
lessons.lipschitz.explore(seed=seed)

# %%
frame = lessons.lipschitz.measure(base=base, every=base.steps // 4, seed=seed)
table = lessons.lipschitz.summary(frame)
for name, row in table.iterrows():
    print(
        f"{name:33s} all 8 modes in {row.all_modes:.0f} of {row.seeds:.0f} seeds; modes {row.modes:.1f} ± {row.modes_error:.1f}; "
        f"share within 3σ {row.share:.2f} ± {row.share_error:.2f} (SE, after {base.steps} steps)"
    )

# %%
lessons.lipschitz.plot(frame);

# %% [markdown]
# Larger networks for longer (64 units, n = 128, 2000 steps), recorded; `scale = "paper"` trains them anew in some six minutes:

# %%
large = record.load("fig11")
print(large.line)
for name, runs in large.frame.groupby("method", sort=False):
    ends = "; ".join(f"{column} {runs[column].mean():.2f} ± {runs[column].sem():.2f}" for column in ("modes", "share"))
    print(f"{name:34s} all 8 modes in {(runs['modes'] == 8).sum()} of {len(runs)} seeds; {ends}")

# %% [markdown]
# **The paper says**: a Lipschitz critic improves the vanilla GAN, although nothing in the theory asks for one. **Measured
# here**: that holds for the modes. In the small setting it finds about seven instead of four, in the large one all eight in 8 of 8 seeds,
# where the plain critic never does.
#
# The share of samples near a mode says the opposite (.84 against .71 in the large setting). *Alone it misleads*: a generator that has
# collapsed onto a few modes puts nearly all its samples there.

# %% [markdown]
# ## 4 · Gradient penalty or Lipschitz critic for the WGAN? (Figure 10)
#
# Choose Figure 10 above and play. **The paper shows** one run each, in which the Lipschitz critic does better than the
# gradient penalty. **Measured here**: in the small setting of the table, the gradient penalty covers as many modes or more.
# In the large setting (printed above) both cover all 8 in 8 of 8 seeds, and the Lipschitz critic brings more samples near them: .68 ± .01
# against .64 ± .01 within 3σ, two standard errors of the difference. So Figure 10 holds as a small gain, if the networks are large enough and trained for long enough.
# What decides is that the slope is held, by either means. That is the paper's point.

# %% [markdown]
# ## 5 · The playground
#
# Any objective, any critic, your own points: draw them on the left picture. All that is not about the networks can be
# changed while it runs. Worth trying:
#
# - `wgan` with clipping 0.01, then 0.1, then the 1-Lipschitz critic: what happens to the critic's height map?
# - `ns` with a plain critic and 10 critic steps; then `mm`: whose gradient vanishes?
# - `wgan-gp` with λ = 0.1, 1 and 10: how does the critic's estimate compare with the exact $W_1$?
# - Pause, and take critic steps only: does the estimate settle? At what?

# %%
lessons.playground.explore()

# %% [markdown]
# ## 6 · Does the loss even matter? (Section 7.2)
#
# Lucic et al. (2018) gave seven losses the same chance: 100 random settings each, of learning rate, momentum, critic steps and
# whatever the loss has of its own, from ranges so wide that many fail. Two questions, then: how good is the *best* setting of a loss,
# and how good is the best of the few that one can afford? Of $N$ scores $s_{(1)} \le \dots \le s_{(N)}$, the best of $k$ drawn
# at random is on average
#
# $$\mathbb E \max = \sum_{i=1}^N s_{(i)} \left[ \left(\tfrac iN\right)^k - \left(\tfrac{i-1}N\right)^k \right] .$$
#
# The score is F1, the harmonic mean of *precision* (the share of generated points that are within three standard deviations of the
# law's manifold) and *recall* (the share of real points that have a generated point as near).

# %% [markdown]
# ### Exercise 3 · The best of k
#
# Write it. Why is the *best of all* settings not a fair number to compare two losses by?

# %%
def best_of(scores, k):
    """The expected best of k random settings, from the scores (N,) of N settings."""
    ...


# %%
lessons.exercises.best_of()

# %%
ui.predict(
    "Seven losses, each with the same number of random settings. What does the picture of their scores look like?",
    ["one loss is far better than the others", "most settings of every loss are bad", "all settings are about equal"],
    answer="most settings of every loss are bad",
    because="The scatter within a loss is much larger than the differences between losses. What one reports "
    "depends on how many settings one has tried.",
)

# %% [markdown]
# A small study, live: what has been trained is kept, so more settings only add to it. Stop when you have seen enough.

# %%
lessons.loss_study.explore(seed=seed)

# %% [markdown]
# The whole study was recorded: seven losses, 100 settings each, networks of 32 units, 2000 steps. In the left picture a diamond is the
# setting that the loss's authors gave, a line the median. The right one repeats the study with fewer settings, a thousand times for each number.

# %%
recording = record.load("losses")
study = lessons.loss_recorded.of_record(recording)
figure, panels = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
lessons.loss_study.plot(study, panels[0])
lessons.loss_study.plot_budget(study, panels[1])
print(recording.line)

# %% [markdown]
# **What you should have seen.** Whatever the loss, most settings fail: the median is near zero. With one setting to try, chance decides; with 64,
# LSGAN leads and clipped weights are last. So LSGAN is the best loss? Its lead is *one* model, the luckiest of a hundred. Here is the best setting of each
# loss again, with 50 other seeds; the star is what the study had found:

# %%
recording_best = record.load("losses-best")
best = lessons.loss_recorded.of_record(recording_best)
lessons.loss_best.plot(best, study)
print(recording_best.line)
for loss, scores in best.groupby("loss", sort=False)["f1"]:
    found = study.loc[study["loss"] == loss, "f1"].max()
    print(f"{loss:8s} in the study {found:.2f}; with 50 other seeds {scores.mean():.2f} ± {scores.sem():.2f}")

# %% [markdown]
# Every leader falls: LSGAN from 0.83 to 0.42. The gradient penalty, fourth in the study, is now first with 0.49. *The best of many is chosen for its luck as
# well*, and repeating it is the only way to see how much of it was luck.
#
# Pictures have a known manifold too, if they are Lucic's grey triangles, here of 16 × 16 pixels. Networks of 128 units, 4000 steps, 16 settings of each loss; right is
# what is within 1.71 of the picture of some triangle, so noise of 0.1 in each pixel passes, and the mean picture does not:

# %%
triangles = lessons.loss_recorded.of_record(recording, "triangles")
figure_triangles, panels = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
lessons.loss_study.plot(triangles, panels[0])
lessons.loss_study.plot_budget(triangles, panels[1])
print(lessons.loss_statistics.summary(triangles).round(2).to_string())

# %% [markdown]
# Two of 112 models draw triangles of all kinds: one of `dragan`, 0.93, and one of `wgan-gp`, 0.77. Both have 5 critic steps, and learning rates of 0.0007 and 0.0003. No
# setting of the five losses without a gradient penalty gets above 0.05. Four of `began` draw nothing but triangles, yet always the same few: their precision is 1.00, their
# recall 0.02 (`score="precision"`). That is why one asks for both.
#
# On digits, 32 settings of each loss, networks of 64 units, 1000 steps; the score is the Fréchet distance to real digits, less is better:

# %%
digits = lessons.loss_recorded.of_record(recording, "digits")
figure_digits, panels = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
lessons.loss_study.plot(digits, panels[0])
lessons.loss_study.plot_budget(digits, panels[1])
print(lessons.loss_statistics.summary(digits).round(2).to_string())

# %% [markdown]
# **The paper says**, after Lucic et al.: with the right hyperparameters the vanilla GAN is comparable to WGAN-GP or better, no loss consistently wins, and all are very
# sensitive. **Measured here**: on the ring all seven are sensitive; on digits `mm` and `began` are rather bad nearly everywhere. On the ring `ns` is comparable to `wgan-gp`, better in the study and a little worse over 50 seeds,
# 0.42 ± 0.03 against 0.49 ± 0.02. On the grid of 25 Gaussians (`of_record(recording, "grid")`) its best setting is the best of all seven losses, 0.38 against 0.23 for
# `wgan-gp`, one seed each. On triangles it learns nothing, and on digits it is not comparable: 2.9 against 0.84 for the two that hold the critic's slope by a gradient
# penalty, `wgan-gp` and `dragan`. On faces of 16 × 16 pixels, 16 settings and 500 steps each (`of_record(recording, "faces")`), the best of all seven lie
# between 78 and 97: none has learnt to draw one. These are
# short runs of small networks without normalisation; Lucic's are long, with batch normalisation to choose. And on the ring weight clipping and BEGAN are bad in all of their
# settings (0.17 and 0.23 at best), so there the loss does matter; on digits clipped weights are third, before the non-saturating loss (2.0 against 2.9).

# %% [markdown]
# ## Quiz

# %%
lessons.quizzes.ask("space_of_gans")

# %% [markdown]
# ## Take away
#
# - A GAN is two losses and a way to hold the critic. Of these, *holding the critic* decides here whether modes are found.
# - One Björck step after each optimiser step certifies a 1-Lipschitz critic, for no more than a gradient penalty costs.
# - On this ring Figure 11 holds over seeds, strongly; Figure 10's difference is small, and shows in larger networks only.
# - Between losses, one setting and one seed decide nothing: the leader of 700 models fell to half of its score with other seeds.
#
# **What the paper leaves open**: the ring has two dimensions. That the same holds for pictures is claimed elsewhere (Fedus et al.
# 2017) and not tested by Figures 10 and 11.
#
# **References**: Anil, Lucas, Grosse 2018, *Sorting out Lipschitz function approximation* · Björck, Bowie 1971, *An iterative
# algorithm for computing the best estimate of an orthogonal matrix* · Lucic et al. 2018, *Are GANs created equal?* · Gulrajani et al. 2017, *Improved training of
# Wasserstein GANs* · Kodali et al. 2017, *On convergence and stability of GANs* · Fedus et al. 2017, *Many paths to equilibrium* ·
# Stanczuk et al. 2021, *Wasserstein GANs work because they fail*.

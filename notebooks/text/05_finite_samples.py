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
# # Finite samples: what does a minibatch know of the Wasserstein distance?
#
# Section 5 of the paper: Figures 4, 5, 6 and 7, Theorem 5.1.1.
#
# **You will learn**
# - why the distance between two minibatches says little about the distance between the laws they come from;
# - why minimising it leads to another place than minimising the true distance, even in one dimension;
# - why a batch of *mean* points beats a batch of *real* points from some dimension on, and how to find that dimension.
#
# **You need** notebook 00; expectation and variance; what $W_1$ is: the least mean distance over which mass has to be
# moved to turn one law into the other. **Time**: 90 minutes with the exercises.

# %%
import torch
from scipy.optimize import linear_sum_assignment

from wgan_helpers import distributions, images, lessons, record, transport, ui

ui.use_style()

# %% tags=["parameters"]
scale = "default"  # "paper": the paper's number of repetitions for every printed number, and larger GANs
seed = 0

# %%
repetitions = {"default": 20, "paper": 100}[scale]

# %% [markdown]
# ## 1 · How far apart are two minibatches of the same law? (Figure 4)
#
# A WGAN's loss compares a minibatch $p_n$ of generated points with a minibatch $\tilde p_n$ of real ones. Suppose that
# the generator is perfect: both come from the same law $p$, and $W_1(p, p) = 0$. What does the minibatch loss say?
#
# For two minibatches of $n$ points $x_i$ and $y_j$, with mass $1/n$ each, an optimal plan is a permutation:
#
# $$W_1(p_n, \tilde p_n) = \min_{\sigma} \frac1n \sum_{i=1}^n \lVert x_i - y_{\sigma(i)} \rVert_2 .$$
#
# In dimension $d \ge 3$ its mean decays like $n^{-1/d}$: to halve it one needs $2^d$ times as many points.

# %%
ui.predict(
    "At d = 50 the minibatch grows from 10 to 1000 points. How much of the distance at 10 is left at 1000?",
    ["about 1 %", "about 10 %", "about half", "about 85 %"],
    answer="about 85 %",
    because="Follow the blue line below from its first point to its last. A hundred times more points buy almost nothing.",
)

# %%
lessons.sample_complexity.explore(seed=seed)

# %% [markdown]
# **What you should have seen.** At d = 1 the sample distance falls to almost nothing. At d = 50 the curve is nearly
# flat and far above the true distance, 0. The reason: in high dimension all points are nearly equally far from each
# other, so even the partner $y_{\sigma(i)}$ in the best plan is not much nearer than any point, and more points change little.
#
# Here is the heart of it in three lines, beside the helper that the figure uses:

# %%
x, y = distributions.UniformCube(dim=50).sample(2 * 64, torch.Generator().manual_seed(seed)).split(64)
cost = torch.cdist(x, y)
rows, columns = linear_sum_assignment(cost)

print(f"three lines {cost[rows, columns].mean():.6f}, helper {transport.wasserstein1(x, y):.6f}; a random partner {cost.mean():.2f}")

# %% [markdown]
# **The paper says**: at d = 50 and n = 1000 the sample distance is still far from 0. **Measured here**:

# %%
fig4 = lessons.sample_complexity.measure(repetitions=repetitions, seed=seed)
means = fig4.groupby("n")["w1"].agg(["mean", "sem"])
for n in (10, 1000):
    print(f"n = {n:4}: W1 = {means.loc[n, 'mean']:.4f} ± {means.loc[n, 'sem']:.4f} (SE over {repetitions} repetitions)")
print(f"{means.loc[1000, 'mean'] / means.loc[10, 'mean']:.0%} of the distance at n = 10 is left at n = 1000")

# %% [markdown]
# **A sentence of the paper that is inexact.** It calls the distance of two samples an *unbiased* estimator of the distance of their laws.
# Figure 4 shows the opposite: the expectation is about 2 where the truth is 0. In general
# $\mathbb E\,W_1(p_n, q_n) \ge W_1(p, q)$. And the rate $n^{-1/d}$ holds for $d \ge 3$; at $d = 1$ it is $n^{-1/2}$, at $d = 2$ $\sqrt{\log n / n}$. The
# legend compares the exponent that is measured between n = 10 and n = 1000 with $-1/d$: at d = 50 these sample sizes
# are so far from the asymptotic regime that the two need not agree.

# %% [markdown]
# ## 2 · Where is the minimum of the minibatch loss? (Theorem 5.1.1)
#
# A constant offset would do no harm: the minimum would stay where it is. Does it? Take the smallest example. The
# target is a coin with $P(1) = \theta^*$, the generator a coin with $P(1) = \theta$, and the true distance is
#
# $$W_1(p, q_\theta) = |\theta - \theta^*| .$$
#
# A minibatch of $n$ real samples holds $k$ ones, $k \sim \mathrm{Bin}(n, \theta^*)$. Its loss is $|k/n - \theta|$, with
# gradient $\mathrm{sign}(\theta - k/n)$. Both expectations are sums over the binomial law: nothing is sampled below.

# %%
ui.predict(
    "The target is θ* = 0.3 and the minibatch has n = 5 samples. Which θ minimises the expected minibatch loss?",
    ["0.3, the truth", "0.2", "0.5"],
    answer="0.2",
    because="The mean of |k/n − θ| is least at a median of k/n. With n = 5 that is one of 0, 0.2, 0.4, …: the minimiser "
    "moves in steps. Find a θ* below at which it is 0, a generator that has collapsed.",
)

# %%
lessons.bernoulli.explore()

# %% [markdown]
# **What you should have seen.** Left: the expected minibatch loss (blue) has its minimum at the red line, not at θ*.
# Right: around θ* its gradient is far from the true one, and the shaded bias does not depend on luck: it is an
# expectation. Set *generator* to *sampled too*: then the loss is smooth, but its minimum is still off.
#
# Does a larger minibatch cure it? The theorem says no: for every $n$ there is a pair of coins with a bias of at least
# $2e^{-2} \approx 0.27$.

# %%
ui.predict(
    "Fix the target θ* = 0.3 and look at the worst generator θ for each n. What does the bias do as n grows?",
    ["it goes to 0", "it stays at about 1", "it grows without bound"],
    answer="it stays at about 1",
    because="Just beside θ* half of all minibatches have k/n on the wrong side, however large n is. So the expected "
    "gradient there is about 0, and the truth is ±1.",
)

# %%
lessons.bernoulli.explore_bias()

# %% [markdown]
# **The paper says**: a bias of at least $2e^{-2}$ for some pair at every n; another minimum in general. **Measured here**
# (exact, no error bar):

# %%
bias = lessons.bernoulli.measure_bias()
minimiser = float(transport.bernoulli_minimiser(0.3, 5))
print(f"at {len(bias)} sizes from 1 to {bias['n'].max()} a pair with a bias of at least {bias['biased_pair'].min():.3f} ≥ {lessons.bernoulli.PAPER_BOUND:.3f}")
print(f"θ* = 0.3, n = 5: the expected loss has its minimum at {minimiser:.1f}")

# %% [markdown]
# Three remarks. The paper prints the second part of the theorem with the argmin of a *gradient*; the loss is meant.
#
# "For every $n$ a pair" is not "a pair for every $n$": for a *fixed* $\theta \ne \theta^*$ the bias does vanish as $n$
# grows, and the minimiser is within $1/n$ of $\theta^*$. What stays is the worst $\theta$ in a neighbourhood of $\theta^*$
# that shrinks like $n^{-1/2}$.
#
# The bias comes from an optimal critic that is found for each minibatch *anew*. For a *fixed* critic the minibatch gradient
# is unbiased; with one trained on a sample it is biased again (Bińkowski et al. 2018).

# %% [markdown]
# ### Exercise 1 · Find the bias by experiment
#
# Draw many minibatches of `n` coins with $P(1) = \theta^*$, take the gradient of $|k/n - \theta|$ in θ for each, and
# compare their mean with the true gradient.

# %%
def estimate_bias(theta, theta_star, n, repetitions, generator):
    """Mean gradient over `repetitions` minibatches of n, minus the true gradient."""
    # torch.rand(repetitions, n, generator=generator) gives uniform numbers in [0, 1)
    ...


# %%
lessons.exercises.gradient_bias()

# %% [markdown]
# ## 3 · Is a real batch the best batch? (Figure 6)
#
# Now the generator may choose its batch. It knows the law $p^*$. Which batch of $n$ points has the least expected
# distance to a minibatch $p^*_n$ of real points?
#
# - *fresh*: another minibatch $\tilde p^*_n$, what a perfect generator gives;
# - *mean*: the mean $\mu$, $n$ times. Against one point there is only one plan, so no solver is needed:
#   $$W_1(\delta_\mu, p^*_n) = \frac1n \sum_{i=1}^n \lVert x_i - \mu \rVert_2 ;$$
# - *k-means*: the $n$ centroids of k-means.

# %%
ui.predict(
    "Gaussian law, batches of 64 points. From which dimension on is the batch of means closer to a minibatch than a real batch is?",
    ["never: the real batch is best", "from about d = 17", "only beyond d = 1000"],
    answer="from about d = 17",
    because="Right panel below: what lies under 1 beats the real batch. Two independent points are √2 times as far from "
    "each other as from the mean; the matching wins some of that back, but less and less as d grows.",
)

# %%
lessons.false_minima.explore(seed=seed)

# %% [markdown]
# **What you should have seen.** In low dimension the mean is far worse than a fresh batch. As d grows it overtakes it,
# and in the limit the fresh batch is √2 times as far away. The centroids beat the fresh batch almost everywhere; only from
# about 100 dimensions on (n = 64), where they fit the points they were computed from, the mean is better still. So the minibatch loss
# of a generator that has collapsed to one point is *lower* than that of a perfect generator:
#
# $$\arg\min_\theta \mathbb E\,W_1(p^\theta_n, p^*_n) \ne \arg\min_\theta W_1(p^\theta, p^*) .$$
#
# How close the centroids come depends on how they are found (here: Lloyd's algorithm from random points, on 20
# points per centroid, each centroid with the mass 1/n, as in the paper).

# %% [markdown]
# ### Exercise 2 · The loss of a batch of means
#
# Write $W_1(\delta_\mu, p_n)$ without a solver.

# %%
def mean_batch_loss(x, mean):
    """W1 between the batch x, a tensor (n, d), and the point `mean`, a tensor (d,)."""
    ...


# %%
lessons.exercises.mean_batch_loss()

# %% [markdown]
# ### Exercise 3 · Find the crossover
#
# For the Gaussian law and batches of 64: what is the first dimension in which the mean wins? Use the figure above, or
# `transport.wasserstein1` and your own loop. The check measures it anew, and allows for its standard error.

# %%
crossover_64 = None

# %%
lessons.exercises.crossover_dimension()

# %% [markdown]
# ### Do larger batches help?
#
# They move the crossover, but slowly: every doubling of the batch buys a few dimensions. (With few repetitions a point of
# this figure may be one or two off.)

# %%
lessons.crossover.explore(seed=seed)

# %% [markdown]
# **The paper says**: in sufficiently high dimension the mean is closer than another sample (Figure 6). **Measured here**:

# %%
high = lessons.false_minima.measure(
    distributions.Gaussian(dim=1000), n=64, repetitions=repetitions, kinds=("fresh", "mean"), seed=seed
)
fresh, mean = (high.loc[high["batch"] == batch, "w1"] for batch in ("fresh", "mean"))
print(f"Gaussian, d = 1000, n = 64: fresh {fresh.mean():.2f} ± {fresh.sem():.2f}, mean {mean.mean():.2f} ± {mean.sem():.2f}")
print(f"crossover at n = 64: d = {lessons.crossover.dimension(64, repetitions=1000, seed=seed)} (1000 repetitions for each dimension tried)")

# %% [markdown]
# ## 4 · And with pictures? (Figure 5)
#
# The paper's strongest figure does the same with photographs of faces (CelebA, 64 × 64 pixels): a batch of real faces is
# *farther* from another batch of faces ($51.40$) than the mean face repeated ($48.73$), and the k-means centroids are closer
# still ($40.15$).
#
# CelebA needs a network and 1.4 GB. Here are 10,000 faces that `images.faces` draws from some 150 known factors: person,
# expression, pose, clothes, background, light. Distances are in units of brightness, from 0 to 1 in each of $64 \cdot 64
# \cdot 3 = 12{,}288$ values. (The paper's pixels have another scale, so compare ratios.)

# %%
images.load("faces", size=64)

# %%
ui.predict(
    "Faces have d = 12,288, digits of 8 × 8 pixels d = 64. For which of them does the mean picture, repeated, beat a real batch of 64?",
    ["for faces and digits: both are above the crossover at 17", "for faces alone", "for neither"],
    answer="for faces alone",
    because="Compare the bars at the right of the figure for faces and for digits. It is not the number of pixels that counts, "
    "but how many dimensions the pictures fill.",
)

# %% tags=["readme"]
lessons.false_minima.explore_pictures(seed=seed)

# %% [markdown]
# **The paper says** (CelebA): fresh 51.40 > mean 48.73 > k-means 40.15, or 1 : 0.95 : 0.78. **Measured here**:

# %%
for pictures in (lessons.batches.pictures("faces", 64), lessons.batches.pictures("digits")):
    fig5 = lessons.false_minima.measure(pictures, n=64, repetitions=repetitions, seed=seed)
    found = fig5.groupby("batch", sort=False)["w1"].agg(["mean", "sem"])
    print(f"{pictures.name}, d = {pictures.dim}, n = 64")
    print(found.assign(ratio=found["mean"] / found.loc["fresh", "mean"]).round(3).to_string(), end="\n\n")
lessons.false_minima.plot_spread(fig5);

# %% [markdown]
# **The claim holds on drawn faces, in the paper's order.** That the proportions are near the paper's as well is no second
# confirmation: how lively the backgrounds are was chosen with these numbers in view. With plainer backgrounds the mean
# and a fresh batch come out about equal, with livelier ones the mean wins by more: more that varies, more dimensions.
#
# (A centroid that has a single face in its cluster *is* that face, so a sharp one may stand among the blurred.)
#
# On digits the claim holds through the centroids alone: they have a lower loss than real digits in each of these
# minibatches, the mean digit has not. Choose
# smaller faces: at 16 × 16 pixels much of what tells them apart is gone, and the mean no longer wins at n = 64.
#
# Why do digits differ? They have 64 pixels, well above the crossover at 17, but they do not fill 64 dimensions. How many
# they do fill can be read from the distances of each point to its two nearest neighbours (Facco et al. 2017): in $d$
# dimensions $\log(r_2 / r_1)$ has the mean $1/d$.

# %%
laws = [distributions.Gaussian(d) for d in (2, 4, 8, 16, 32, 64, 128)]
laws += [lessons.batches.pictures("digits"), *(lessons.batches.pictures("faces", size) for size in (16, 64))]
dimensions = lessons.intrinsic_dimension.measure(laws, repetitions=repetitions, seed=seed)
print(dimensions.tail(3)[["law", "dim", "intrinsic", "ratio", "error"]].round(3).to_string(index=False))
lessons.intrinsic_dimension.plot(dimensions);

# %% [markdown]
# With as few points as these the estimate is too low in high dimension: the last grey dot is the Gaussian law of 128 dimensions, and
# stands below 60. So compare pictures with the grey line, not with the numbers on the axis. It is the *intrinsic* dimension that counts, as Weed
# and Bach (2017) stress, not the number of pixels: digits stand where a Gaussian law of 8 dimensions stands. Faces are above the line of the Gaussians: their directions vary by very different
# amounts, and one number does not say everything.

# %% [markdown]
# ## 5 · Why k-means? (Section 5.2, Figure 7)
#
# Canas and Rosasco (2012): among all laws on $k$ points, the best $k$-means solution (each centroid weighted by its cell)
# is the closest to $p^*$ in $W_2$. The paper sees in Figure 7 that a WGAN with a good approximation of $W_1$ produces pictures
# that look like centroids, and leaves open what is left of the theorem for $W_1$ and minibatches. Two more things differ: a
# batch has equal weights, and Lloyd's algorithm finds a *local* optimum.
#
# We can ask directly. Let $k$ points move freely, with no network and no critic, so that they minimise the exact distance
# to a fresh minibatch in every step. Do they end as a sample, or as centroids?

# %%
ui.predict(
    "16 free points start as 16 real digits and minimise W₁ to minibatches of 16 real digits. Where do they end?",
    ["they stay real digits", "near the centroids of k-means", "all at the mean digit"],
    answer="near the centroids of k-means",
    because="Choose the digits below. The left sheet turns into blurred prototypes, far nearer to the centroids (green "
    "bar) than to real digits (blue bar). Dotted: from one run of k-means to another.",
)

# %%
lessons.kmeans.explore(seed=seed)

# %%
for law in (distributions.Gaussian(dim=2), images.load("digits")):
    where = lessons.kmeans.measure(law, steps=300, seed=seed)
    print(f"{law.name}, d = {law.dim}, k = n = 16, {where['repetition'].nunique()} runs; entropic with ε = 1")
    columns = ["to_centroids", "to_samples"]
    print(where.groupby("loss", sort=False)[columns].agg(["mean", "sem"]).round(2).to_string())
    print(f"one k-means to another {where['between_centroids'].iloc[0]:.2f}, one sample to another {where['between_samples'].iloc[0]:.2f}\n")

# %% [markdown]
# **What you should have seen.** On digits the free points end far nearer to the centroids than to a real sample, for $W_1$
# as for $W_2$, and with minibatches no larger than $k$: what the paper suspects. In the plane they end further inside than the
# centroids: a small minibatch has its own outer points in other places each time, and equal weights let no point stand for
# a thin region. Raise *minibatch n* and they move outwards. Also, many sets of 16 points serve equally well there, so compare
# with the distance from one run of k-means to another.
#
# The points minimise the same loss as a generator, but are not one. A network has to produce them, and it draws each batch
# anew and independently: a batch that is *exactly* the centroids, as in Figures 5 and 6, is not what it could put out.

# %% [markdown]
# ## 6 · Does a GAN go there? (Figure 7)
#
# A GAN has a network for the potential φ on the real points, and computes that of each generated picture $y$ (Mallasto et al. 2019):
#
# $$\varphi^c(y) = \min_j \; \lVert y - x_j \rVert_2 - \varphi(x_j) .$$
#
# The critic maximises the mean of $\varphi(x)$ plus that of $\varphi^c(G(z))$, the generator minimises it. Its gradient comes through
# the distance alone: each generated picture is pulled, with unit force, towards *one* real picture of the minibatch, the $x_j$ of the
# minimum. In the next minibatch that is another one. It rests where the pulls cancel, at a geometric median of its partners: an average.
#
# What number says "looks like k-means"? Take pictures that neither the GAN nor k-means has seen, and compare two distances:
#
# $$\text{ratio} = \frac{\text{mean distance of a generated picture to the nearest of } k \text{ centroids}}
# {\text{mean distance to the nearest real picture}} .$$
#
# The lower, the more like centroids. But the mean of *all* pictures is near a centroid too. So two more numbers belong to it: the
# *spread*, the mean distance between two generated pictures; and the *sharpness*, the variance of what Laplace's filter answers
# (Tolstikhin et al. 2018). Both are shares of the real pictures'.

# %%
ui.predict(
    "A GAN is trained on digits by the c-transform, with minibatches of 64. What will it draw?",
    ["sharp digits", "blurred digits of several kinds", "one blurred digit, always the same"],
    answer="blurred digits of several kinds",
    because="Press Play and wait for some 500 steps: first all pictures are one, then they part and stay blurred. Then set *trained by* "
    "to WGAN-GP: the same networks go on with another loss, and the blur goes.",
)

# %%
lessons.transform_gans.explore(seed=seed)

# %%
base = {"default": lessons.picture_gans.SMALL, "paper": lessons.picture_gans.LARGE}[scale]
fig7 = lessons.transform_gans.measure(base=base, seed=seed)
found = fig7[fig7["step"] == fig7["steps"]].groupby("variant", sort=False)[["ratio", "sharpness", "spread"]]
print(f"{found.ngroups - 4} GANs, {fig7['repetition'].nunique()} seeds each, with standard errors; n = k = {base.batch}, {base.steps} steps")
print(found.agg(["mean", "sem"]).round(2).to_string(na_rep=""))
lessons.transform_gans.plot(fig7);

# %%
lessons.transform_gans.plot_pictures(base=base, seed=seed);

# %% [markdown]
# **The paper says**: the output of a WGAN trained with the c-transform looks very similar to k-means. **Measured here, on digits: it is
# on its way there.** Its ratio lies well below that of WGAN-GP and of real pictures, and a little below that of blurred ones, in every
# seed; its pictures are less than half as sharp as real ones. WGAN-GP stays near the real pictures in all three numbers.
#
# This run is short, and faces are not there. With larger networks and 5000 steps, both were recorded; means over three seeds:

# %%
recording = record.load("fig7")
print(recording.line)
for data in ("digits", "faces"):
    table = lessons.transform_recorded.summary(recording, data)
    print(f"\n{data}, n = k = 64\n{table.filter([*lessons.likeness.REFERENCES, 'c-transform', 'wgan-gp'], axis='index').round(2).to_string()}")

# %%
for data in ("digits", "faces"):
    lessons.transform_recorded.plot(recording, data, ("c-transform", "wgan-gp"))

# %% [markdown]
# At length it is there, and one sees it: the c-transform's faces are centroids to the eye. On digits the c-transform has the ratio of another run of k-means, 0.64, on faces a lower one, 0.57 against 0.59; its pictures are less
# sharp and less varied than centroids, on faces by far (sharpness 0.12 against 0.31). WGAN-GP is near the real pictures: 0.94 and 0.89 against 1.04 and
# 0.92. So *similar to k-means* holds for both, and what there is of a difference makes the c-transform's pictures the blurrier ones.

# %% [markdown]
# ## Quiz

# %%
lessons.quizzes.ask("finite_samples")

# %% [markdown]
# ## Take away
#
# - Two minibatches of one law are far apart in high dimension: the minibatch loss of a perfect generator is far from 0.
# - Minimising the minibatch loss is not minimising the distance: its minimum is elsewhere, and at every batch size there are
#   laws for which its gradient is badly biased.
# - In high *intrinsic* dimension a collapsed generator has a lower minibatch loss than a perfect one: so it is for faces.
# - Free points that minimise minibatch $W_1$ on digits end at the centroids of k-means; a GAN trained by the c-transform goes
#   there too.
#
# **Left open by the paper**: its measurements compare fixed batches, and Figure 7 shows pictures. Here gradient descent finds the
# false minima, with free points and with networks, and a number says so; why $W_1$, minibatches and equal weights leave so much of
# the theorem is still open.
#
# **References**: Facco et al. 2017 (intrinsic dimension, [arXiv:1803.06992](https://arxiv.org/abs/1803.06992)) · Bellemare et al. 2017 (Theorem 5.1.1, [arXiv:1705.10743](https://arxiv.org/abs/1705.10743)) · Weed and
# Bach 2017 (rates, [arXiv:1707.00087](https://arxiv.org/abs/1707.00087)) · Bińkowski et al. 2018
# ([arXiv:1801.01401](https://arxiv.org/abs/1801.01401)) · Mallasto, Montúfar, Gerolin 2019 (c-transform,
# [arXiv:1910.03875](https://arxiv.org/abs/1910.03875)) · Tolstikhin et al. 2018 (sharpness,
# [arXiv:1711.01558](https://arxiv.org/abs/1711.01558)) · Canas and Rosasco 2012
# ([arXiv:1209.1077](https://arxiv.org/abs/1209.1077)).

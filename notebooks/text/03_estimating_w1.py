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
# # Estimating $W_1$: a plan, a critic, and two ways to be wrong
#
# Section 3 of the paper.
#
# **You will learn**
# - to see the Wasserstein distance from both sides: as a transport plan and as the value of a critic;
# - how one c-transform makes an admissible critic of any, and never lowers one that was admissible;
# - the two errors of every estimate, which sign each has, and why a minibatch estimate is biased upwards.
#
# **You need** notebook 00; what a Lipschitz function is. **Time**: 45 minutes with the exercise.

# %%
import torch

from wgan_helpers import distributions, lessons, transport, ui

ui.use_style()

# %% tags=["parameters"]
scale = "default"  # "paper": more repetitions for every printed number
seed = 0

# %%
repetitions = {"default": 20, "paper": 100}[scale]

# %% [markdown]
# ## 1 · One distance, two sides
#
# Two samples with $n$ points each, $p_n$ on the $x_i$ and $q_n$ on the $y_j$. The *primal* problem moves the mass, the
# *dual* one looks for a critic $f$ that sets the two samples apart as far as a slope of at most 1 allows:
#
# $$W_1(p_n, q_n) = \min_{P} \sum_{ij} P_{ij} \lVert x_i - y_j \rVert
#   = \max_{\lVert f \rVert_L \le 1} \frac1n \sum_i f(x_i) - \frac1n \sum_j f(y_j) .$$

# %%
ui.predict(
    "Take a pair that the optimal plan matches. How steep is the optimal critic on the straight line between the two points?",
    ["it has slope 1 all the way", "it is flat", "it depends on the other points"],
    answer="it has slope 1 all the way",
    because="Both sides are equal, so along every line of the plan the critic loses as much as the mass has to travel. "
    "In the figure the white contour lines are evenly spaced along every black line.",
)

# %%
lessons.duality.explore(seed=seed)

# %% [markdown]
# **What you should have seen.** Black lines are the plan $P$, colour is the optimal critic. The lines run downhill, as
# steeply as is allowed. Set *shift* to 0: the means agree, but the distance does not vanish,
# for a ring and a blob are different laws.
#
# The critic is drawn in the whole plane, but the data fix it on the points alone: here it is the *largest* 1-Lipschitz
# function with the optimal values on the $y_j$. A network has to fill the space between in its own way.

# %% [markdown]
# ## 2 · A critic of your own, and the c-transform
#
# For potentials $f$ on the $x_i$ and $g$ on the $y_j$ (a critic gives $g = -f(y)$) the dual asks for
# $f_i + g_j \le c_{ij}$, where $c_{ij} = \lVert x_i - y_j \rVert$. Given $g$, the best $f$ is the largest that is allowed:
#
# $$g^c_i = \min_j \; c_{ij} - g_j .$$
#
# So one minimum, without any training, makes the best of what is known on one side. Your critic below is a ramp that is flat beyond a
# kink, $f(z) = s \min(u \cdot z, k)$: with the direction $u$, the slope $s$ and the kink $k$.

# %%
ui.predict(
    "Your critic points the wrong way: it is high where y is. What does one c-transform make of it?",
    [
        "nothing better: garbage in, garbage out",
        "a positive lower bound of the distance",
        "the exact distance",
    ],
    answer="a positive lower bound of the distance",
    because="So the figure below starts, with direction 0° and slope 0.5: your critic's value is negative, the second bar is "
    "positive. It stays below the dashed line, as every admissible critic must. How near it comes depends on the critic: "
    "move it.",
)

# %%
lessons.duality.explore_critic(seed=seed)

# %% [markdown]
# **What you should have seen.** Your critic's value (orange) depends on direction, slope and kink; c-transforms (light
# blue, green) lift it towards the exact distance (dark blue, dashed). Raise the slope above 1: the orange bar is hatched
# as soon as it is no longer admissible, and may then exceed the distance. The c-transform repairs that.
#
# The paper's c-transform method (Mallasto et al. 2019) trains a network for $g$ and uses $g^c$ for the other side.
#
# Here is the heart of it in one line, beside the tested helper:

# %%
x, y = lessons.duality.samples(32, seed=seed)
cost = transport.pairwise_distance(x, y)
g = torch.zeros(32, dtype=cost.dtype)
one_line = (cost - g).amin(dim=1)

print(f"they agree: {torch.equal(one_line, transport.c_transform(cost, g))}")
print(f"g = 0: value {one_line.mean():.3f} (the mean distance to the nearest point), exact {transport.wasserstein1(x, y):.3f}")

# %% [markdown]
# ### Exercise 1 · Write the c-transform
#
# You get the costs `(n, m)` and a potential `g` on y, `(m,)`.

# %%
def c_transform(cost, g):
    """The largest f, a tensor (n,), with f_i + g_j <= cost_ij for all i and j."""
    ...


# %%
lessons.exercises.c_transform()

# %% [markdown]
# ## 3 · The two errors
#
# A WGAN's estimate of $W_1(p, q)$ is the value of a trained critic on two minibatches. It goes wrong twice, and §3 of the
# paper names both:
#
# $$\text{value} - W_1(p, q) = \underbrace{\text{value} - W_1(p_n, q_n)}_{\text{the critic is not optimal}}
#   + \underbrace{W_1(p_n, q_n) - W_1(p, q)}_{\text{the sample is finite}} .$$
#
# Below, $p$ and $q$ are Gaussians, one moved by a distance that is then the true $W_1$. The critic climbs the dual
# objective step by step, starting from $g = 0$.

# %%
ui.predict(
    "Which sign do the two errors have, if the critic is 1-Lipschitz?",
    ["both positive", "both negative", "critic negative, sample positive on average"],
    answer="critic negative, sample positive on average",
    because="A critic that is not optimal stays below the maximum. A finite sample lifts it: the plan has to match points "
    "that happen to lie apart. So a bad critic and a small sample can cancel, and the estimate looks right. A critic that "
    "is only penalised for its slope may be steeper than 1 and overshoot.",
)

# %%
lessons.estimation_error.explore(seed=seed)

# %% [markdown]
# **What you should have seen.** Of the two errors, *steps of the critic* changes only the critic's (green). More points shrink the
# sample's (orange) and lengthen the critic's: the sample gets better, the critic's task harder. At d = 2 the untrained critic misses most
# of the distance. At d = 50 it misses next to nothing, although it has learnt nothing: its value is the mean distance to the
# *nearest* point, and in high dimension that is nearly the distance to the partner in the optimal plan. There almost the
# whole error is the sample's.

# %%
for dim in (2, 50):
    frame = lessons.estimation_error.measure(dim=dim, steps=0, repetitions=repetitions, seed=seed)
    share = frame["critic"] / frame["sample"]
    print(f"d = {dim:2}: an untrained critic reaches {share.mean():.1%} ± {share.sem():.1%} (SE) of the sample distance at n = 64")

x, y = distributions.Gaussian(50).sample(128, torch.Generator().manual_seed(seed)).split(64)
cost = transport.pairwise_distance(x, y)
print(f"d = 50, from a point to the nearest {cost.amin(dim=1).mean():.2f}, to its partner {transport.wasserstein1(x, y):.2f}, to any {cost.mean():.2f}")

# %% [markdown]
# ## 4 · Is the sample distance unbiased?
#
# Section 5.1 of the paper says that $W_1(p_n, q_n)$ is an unbiased estimator of $W_1(p, q)$, after Weed and Bach (2017).
# An unbiased estimator would lie on the dashed diagonal.

# %%
lessons.estimation_error.explore_bias(seed=seed)

# %%
bias = lessons.estimation_error.measure_bias(dim=10, n=64, repetitions=repetitions, seed=seed)
mean = bias.groupby("true")["sample"].agg(["mean", "sem"])
for true in (0.0, 1.0, 5.0):
    print(f"true {true:g}: sample distance {mean.loc[true, 'mean']:.3f} ± {mean.loc[true, 'sem']:.3f} (SE) at d = 10, n = 64")

# %% [markdown]
# **Fairly put.** It is never biased downwards: $\mathbb E\,W_1(p_n, q_n) \ge W_1(p, q)$, because $W_1$ is jointly convex
# and the empirical measures are $p$ and $q$ on average (Jensen). There can be equality: set d = 1 in the figure, and from a true
# distance of about 1 on the bias is gone. It is largest where the laws are close, which is where a generator should end up. What does hold: it vanishes as $n \to \infty$, and the *fluctuation* around the
# expectation is small in any dimension (of order $n^{-1/2}$). In high dimension the error is nearly all bias, so the
# paper's conclusion stands, and for a better reason.

# %% [markdown]
# ## Quiz

# %%
lessons.quizzes.ask("estimating_w1")

# %% [markdown]
# ## Take away
#
# - A plan and a critic are two views of one number; along the plan the critic has slope 1.
# - A c-transform makes an admissible critic of any. If it was admissible before, its value can only rise, without learning.
# - For a 1-Lipschitz critic the two errors have opposite signs on average. With a c-transform, in high dimension nearly the whole error is
#   the finite sample's; a critic that is a network on both sides misses much more (notebook 04).
#
# **References**: Villani 2009, *Optimal Transport*, ch. 5 (duality) · Mallasto, Montúfar, Gerolin 2019
# ([arXiv:1910.03875](https://arxiv.org/abs/1910.03875)) · Weed and Bach 2017
# ([arXiv:1707.00087](https://arxiv.org/abs/1707.00087)).

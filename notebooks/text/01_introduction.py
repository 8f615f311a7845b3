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
# # Introduction: the claim in one picture
#
# Section 1 of the paper.
#
# **You will learn**
# - what a Wasserstein GAN is said to do, and that it does something else;
# - that faded faces are *nearer* to a minibatch of real faces than other real faces are;
# - what the other notebooks will show.
#
# **You need** notebook 00. **Time**: 15 minutes.

# %%
from wgan_helpers import lessons, record, ui

ui.use_style()

# %% tags=["parameters"]
scale = "default"  # "paper": 10 times as many minibatches for the printed numbers
seed = 0

# %%
repetitions = {"default": 4, "paper": 40}[scale]

# %% [markdown]
# ## 1 · What one is told, and what is done
#
# A *generator* turns random numbers into pictures. Let $p$ be the law of real pictures and $q$ that of its own. A Wasserstein GAN, one
# is told, makes the *Wasserstein distance* small: the least mean distance over which mass has to be moved to turn $q$ into $p$,
#
# $$W_1(q, p) = \min_{\text{plans}} \; \mathbb E \lVert x - y \rVert, \qquad x \sim q, \; y \sim p .$$
#
# It is 0 only for $q = p$: to make it small is to make pictures like the real ones. But nobody knows $p$. What is done is to draw a *minibatch*
# of 64 real pictures and 64 of the generator's, and to estimate the distance between those, again and again.
#
# **Is that the same?** Here are two generators. One makes real faces: it is perfect. The other makes the same faces and lets them fade
# into the mean face, by a share $t$ of the way: $x_t = (1 - t)\, x + t\, m$. Its law is at the distance
# $W_1(p_t, p) = t \; \mathbb E \lVert x - m \rVert$ from the real one, exactly: the more they fade, the worse.

# %%
ui.predict(
    "Which batch of 64 faces has the smaller Wasserstein distance to a minibatch of 64 real faces?",
    ["64 other real faces", "64 faces that faded half-way into the mean face", "both the same"],
    answer="64 faces that faded half-way into the mean face",
    because="Move the slider and look at the red line: it comes down first. The blue one, the truth, goes up from the beginning.",
)

# %%
lessons.claim.explore(seed=seed)

# %% [markdown]
# **What you should have seen.** The truth (blue) says: every step away from real faces makes it worse. The minibatch (red) says: fade! A
# generator that follows it leaves real faces for dull ones, and ends near half-way.
#
# *Why?* There are so many faces that a minibatch has none that is much like a given one: between two real minibatches the distance is
# 10.7, and not 0. A faded face is further from *its own* original, but nearer to *all the others*. It is the safe answer
# when one does not know what is asked.

# %% [markdown]
# ## 2 · A larger minibatch?

# %%
ui.predict(
    "Take 1024 faces instead of 64. Which are nearer to a minibatch of real faces now?",
    ["other real faces", "half-way faded faces, still"],
    answer="half-way faded faces, still",
    because="Compare the two columns below: both fall with n, and their order stays.",
)

# %%
for n in (16, 64, 256, 1024):
    frame = lessons.claim.measure(shares=(0, 0.5), n=n, seed=seed, repetitions=repetitions)
    (real, faded), (_, error) = frame.groupby("share")["minibatch"].agg(["mean", "sem"]).T.to_numpy()
    print(f"n = {n:4d}: real faces {real:5.2f}, faded half-way {faded:5.2f}")
print(f"true distance: real faces  0.00, faded half-way {frame['true'].max():5.2f}")

# %% [markdown]
# **The paper says**: a sample estimate of the Wasserstein distance is very different from the distance itself, and to minimise the one is not to minimise
# the other. **Measured here**: so it is. For faces of 32 × 32 pixels the wrong generator wins at every size tried, up to 1024.
# Try `lessons.claim.explore("digits")` too: digits fill fewer dimensions, so that the gain is smaller.

# %% [markdown]
# ## 3 · Then why do Wasserstein GANs work?
#
# No WGAN has the exact distance of two minibatches. A second network, the *critic*, estimates it:
#
# $$W_1(p, q) = \max_{\lVert f \rVert_L \le 1} \; \mathbb E_{x \sim p} f(x) - \mathbb E_{x \sim q} f(x) .$$

# %%
ui.predict(
    "Two GANs, the same networks, the same number of steps. One critic is within a few per cent of the exact distance of the minibatches; the other says a "
    "fifteenth of it. Whose faces are better?",
    ["those of the better estimate", "those of the worse estimate", "no difference"],
    answer="those of the worse estimate",
    because="Look at the pictures: the c-transform estimates best, and its faces are as blurred as those of the first figure wish them to be.",
)

# %%
fig3 = record.load("fig3")
lessons.claim.plot_critics(fig3)
print(fig3.line)

# %% [markdown]
# **The paper's claim**: Wasserstein GANs work *because they fail* to approximate the Wasserstein distance. The better the critic, the
# nearer the generator comes to what a minibatch wishes for: the blur of the first figure.
#
# **Measured here** (recorded, one seed each): the critic of the c-transform says 8.15 where the exact distance is 8.44, and its faces are
# blurred; that of the gradient penalty (wgan-gp) says 0.73 where it is 10.80, and its faces are the better ones. The blurred faces *are* nearer:
# two minibatches of real ones are 10.75 apart.
#
# So what does make them work? The rest of the course takes that apart:
#
# | notebook | what it shows |
# |---|---|
# | [02](02_original_motivations.ipynb) | why one wanted $W_1$: other divergences are flat where laws do not overlap |
# | [03](03_estimating_w1.ipynb) | what a critic is worth, and the two errors of every estimate |
# | [04](04_optimal_discriminator.ipynb) | how far the critics of real WGANs are from $W_1$, and how much of that is the unit and λ |
# | [05](05_finite_samples.ipynb) | what minibatches do to $W_1$: the picture above, with Theorem 5.1.1, mean faces and k-means |
# | [06](06_wasserstein_itself.ipynb) | whether regularisation saves it, and whether a distance of pixels is the right ruler at all |
# | [07](07_space_of_gans.ipynb) | what helps instead: the slope of the critic; and whether the loss matters |
#
# Symbols and words are in the [glossary](glossary.md).

# %% [markdown]
# ## Exercise: the straight line
#
# Why is the truth a straight line? To turn faded pictures back into real ones, send each back to where it came from. That this plan is the
# best one you see from the critic $f(x) = \lVert x - m \rVert$, whose slope is 1: it tells the two laws apart by just as much. Write what the plan costs.

# %%
def true_distance(x, mean, t):
    """W1 between pictures x (n, d) and the same faded by the share t into their mean (d,)."""
    ...


# %%
lessons.exercises.true_distance()

# %% [markdown]
# ## Quiz

# %%
lessons.quizzes.ask("introduction")

# %% [markdown]
# ## Take away
#
# - The distance of two minibatches is not the distance of their laws, and its minimum is elsewhere: at faded faces.
# - A critic that estimates it well leads there. Those of Wasserstein GANs that work do not estimate it well.
# - "They work because they fail" is a claim of cause: that they fail we measure in notebooks 04 and 05, what works in its place in 07.
#
# **Said fairly**: $W_1$ between *laws* is not refuted by any of this; it is out of reach of minibatches. And it is no law of nature that a good estimate
# gives bad pictures: notebook 06 has a loss of minibatches without this false minimum.
#
# **References**: Stanczuk, Etmann, Kreusser, Schönlieb 2021 ([arXiv:2103.01678](https://arxiv.org/abs/2103.01678)) · Arjovsky, Chintala, Bottou 2017, *Wasserstein GAN*
# ([arXiv:1701.07875](https://arxiv.org/abs/1701.07875)) · Mallasto, Montúfar, Gerolin 2019 ([arXiv:1910.03875](https://arxiv.org/abs/1910.03875)).

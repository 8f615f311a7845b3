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
# # Is the Wasserstein distance itself the problem?
#
# Section 6 of the paper: Figures 8 and 9, and the distance of pixels.
#
# **You will learn**
# - what entropic regularisation does to a plan, and which two distances the Sinkhorn divergence lies between;
# - that it does cure the sample complexity and, once ε is as large as the distances, these false minima of notebook 05;
# - why it matters a great deal whether the loss is *debiased*, and why the distance of *pixels* is the wrong one for faces.
#
# **You need** notebooks 03 and 05. **Time**: 90 minutes with the exercises.

# %%
import math

import pandas as pd
import torch

from wgan_helpers import lessons, record, transport, ui

ui.use_style()

# %% tags=["parameters"]
scale = "default"  # "paper": 100 repetitions and n up to 1000 for the table of Figure 8, larger GANs
seed = 0

# %%
repetitions, sizes = {"default": (10, (10, 50, 250)), "paper": (100, lessons.regularisation.SIZES)}[scale]

# %% [markdown]
# ## 1 · A plan that blurs
#
# Entropic transport charges a plan for being more definite than mere chance, at a price ε (in the unit of the cost):
#
# $$W_\varepsilon(p, q) = \min_{P \in \Pi(a, b)} \langle P, C \rangle + \varepsilon\, \mathrm{KL}(P \,|\, a \otimes b) .$$
#
# $a$ and $b$ are the weights of the points, here $1/n$ each, and $\Pi(a, b)$ the plans with these marginals.
# Its optimum has the form $P_{ij} = a_i b_j \exp((f_i + g_j - c_{ij})/\varepsilon)$. Sinkhorn's algorithm finds $f$ and $g$ in
# turn, each by a *soft* c-transform:
#
# $$f_i = -\varepsilon \log \sum_j b_j\, e^{(g_j - c_{ij})/\varepsilon} .$$
#
# Between a law and itself $W_\varepsilon$ is not zero. The **debiased** Sinkhorn divergence mends that:
# $S_\varepsilon(p, q) = W_\varepsilon(p, q) - \tfrac12 W_\varepsilon(p, p) - \tfrac12 W_\varepsilon(q, q)$.

# %%
ui.predict(
    "As ε grows, what does the plan become in the end?",
    [
        "everything moves to the nearest point",
        "every x sends the same share to every y",
        "nothing moves",
    ],
    answer="every x sends the same share to every y",
    because="At ε = 1000 only the price of being definite counts. The cost is then the mean distance E|x − y| (red), and "
    "the debiased divergence half the energy distance (blue).",
)

# %%
lessons.blur.explore(seed=seed)

# %% [markdown]
# **What you should have seen.** For small ε both curves start at $W_1$. The plain cost climbs to $\mathbb E|x - y|$, the
# debiased one falls to $\tfrac12$ of the energy distance $2\,\mathbb E|x - y| - \mathbb E|x - x'| - \mathbb E|y - y'|$, a
# squared MMD. The paper's $\varepsilon \to \infty$ limit (MMD) is right for the debiased divergence *only* (Feydy et al. 2019).
# The paper writes "Sinkhorn divergence (Cuturi, 2013)", and Cuturi's is neither curve: it is $\langle P, C \rangle$ at the
# regularised plan, without debiasing. Figure 8 must be debiased: at ε = 1000 any other would stay near $\mathbb E|x - y| \approx
# 2.87$ at every $n$.
#
# One step of Sinkhorn in the log domain is one line. Here is the whole algorithm, beside the tested helper:

# %%
x, y = lessons.duality.samples(16, seed=seed)
cost, epsilon = transport.pairwise_distance(x, y), 0.5
g = torch.zeros(16, dtype=cost.dtype)
for _ in range(200):
    f = -epsilon * ((g - cost) / epsilon).logsumexp(dim=1) + epsilon * math.log(16)
    g = -epsilon * ((f - cost.T) / epsilon).logsumexp(dim=1) + epsilon * math.log(16)

print(f"by hand {f.mean() + g.mean():.9f}, helper {transport.entropic_cost(x, y, epsilon):.9f}")

# %% [markdown]
# ### Exercise 1 · A step in the log domain
#
# Write the soft c-transform with equal weights $b_j = 1/m$, so that it survives a small ε. (It is the line for `f` above.)

# %%
def log_sinkhorn_step(cost, g, epsilon):
    """The potential f on x, a tensor (n,), for costs (n, m) and a potential g (m,) on y."""
    ...


# %%
lessons.exercises.log_sinkhorn_step()

# %% [markdown]
# ### Exercise 2 · Where the textbook's Sinkhorn breaks
#
# The textbook's version keeps the kernel $K_{ij} = e^{-c_{ij}/\varepsilon}$ and scales its rows and columns. It *breaks* when an
# entry of the plan is no longer finite. Find the largest ε at which it does for this cost in float32, to within a factor
# of 1.5.

# %%
cost32 = transport.pairwise_distance(*(points.float() for points in lessons.duality.samples(32)))


def naive_sinkhorn(cost, epsilon, steps=500):
    n, m = cost.shape
    kernel = torch.exp(-cost / epsilon)
    v = torch.ones(m)
    for _ in range(steps):
        u = 1 / n / (kernel @ v)
        v = 1 / m / (kernel.T @ u)
    return u[:, None] * kernel * v


print("finite at ε = 0.1:", bool(torch.isfinite(naive_sinkhorn(cost32, 0.1)).all()))

# %%
broken_epsilon = None

# %%
lessons.exercises.naive_sinkhorn_breaks()

# %% [markdown]
# ## 2 · Does it cure the sample complexity? (Figure 8)
#
# Figure 4 again: two samples of one law, true distance 0. The paper: for high ε the rate is $O(n^{-1/2})$ instead of
# $O(n^{-1/d})$.

# %%
ui.predict(
    "Two samples of the same law at d = 50. How does the debiased divergence with ε = 1000 decay?",
    ["like n^(−1/50)", "like n^(−1/2)", "like n^(−1)"],
    answer="like n^(−1)",
    because="The legend shows the measured exponents. The paper's n^(−1/2) is a bound for any two laws; between two "
    "samples of one law the divergence is a squared distance near its minimum, and decays twice as fast.",
)

# %%
lessons.regularisation.explore(seed=seed)

# %%
fig8 = lessons.regularisation.measure(sizes=sizes, repetitions=repetitions, seed=seed)
table = fig8.groupby(["n", "epsilon"])["divergence"].agg(["mean", "sem"])
for n, epsilon in ((250, 0.0), (250, 0.1), (250, 1.0), (250, 1000.0)):
    name = "W1      " if epsilon == 0 else f"ε = {epsilon:<4g}"
    print(f"n = {n}, {name}: {table.loc[(n, epsilon), 'mean']:.4f} ± {table.loc[(n, epsilon), 'sem']:.4f} (SE, {repetitions} repetitions)")
print("measured exponents:", {e: round(s, 2) for e, s in lessons.regularisation.slopes(fig8).items()})

# %% [markdown]
# **The paper says**: at n = 250 the divergence for high ε is already close to 0, unlike $W_1$. **That holds.** Between ε = 0.1
# and ε = 10, around the distances themselves (2.9), lies the whole change: below it behaves like $W_1$, above like an MMD.
#
# At any *fixed* ε the error for two laws decays like $n^{-1/2}$, with a constant that grows as ε falls (Genevay et al. 2019): a
# small ε pays with the constant what it saves in bias.

# %% [markdown]
# ## 3 · And the false minima?
#
# Notebook 05: at d = 50 a batch of means, or of k-means centroids, has a lower $W_1$ to a minibatch than a real batch has.
# The same three batches under the regularised loss:

# %%
ui.predict(
    "Debiased, ε = 1000, d = 50: which batch of 64 has the lowest loss?",
    ["the mean, 64 times", "the centroids of k-means", "a real batch"],
    answer="a real batch",
    because="In the figure, what lies above 1 is worse than a real batch. Now switch the loss to *not debiased*: there the "
    "false minima stay at every ε, and get deeper.",
)

# %%
lessons.regularised_minima.explore(seed=seed)

# %%
for debiased in (True, False):
    frame = lessons.regularised_minima.measure(epsilons=(0.0, 1.0, 1000.0), debiased=debiased, repetitions=repetitions, seed=seed)
    print("debiased" if debiased else "not debiased", "(loss over that of a fresh batch, with its standard error)")
    print(lessons.regularised_minima.relative(frame).query("batch != 'fresh'").round(3).to_string(index=False), end="\n\n")

# %% [markdown]
# **What you should have seen.** *With* debiasing these two false minima are gone at ε = 10, the typical distance here; at
# ε = 1 that of k-means is even deeper. Without debiasing they stay: the plain cost prefers the mean at every ε.

# %% [markdown]
# ## 4 · Debiased or not: free points, and a GAN (Figure 9)
#
# The paper's Figure 9 shows pictures from a GAN that minimises the $(c, \varepsilon)$-transform loss with ε = 1000: blurred, k-means-like.
# Its hypothesis is that the pixel distance is at fault, since the sample complexity is cured. There is a second suspect. Let the
# 64 points of a batch move freely, with no network, and minimise each loss over fresh minibatches:

# %%
ui.predict(
    "Free points minimise the entropic cost with ε = 1000, not debiased. They start as a real sample. Where do they end?",
    ["they stay a real sample", "at the centroids of k-means", "all in one point"],
    answer="all in one point",
    because="At large ε the plain cost is E|x − y|, and the point with the least mean distance to everything is the "
    "geometric median. Switch to *debiased*: at ε = 1000 the points keep the spread of the law.",
)

# %%
lessons.particles.explore(seed=seed)

# %%
spread = lessons.particles.measure(dim=50, seed=seed)
for (loss, epsilon), group in spread.groupby(["loss", "epsilon"], sort=False):
    name = loss if epsilon == 0 else f"{loss}, ε = {epsilon:g}"
    print(f"{name:32} spread {group['spread'].mean():.2f} ± {group['spread'].sem():.3f} (SE; d = 50, true law 1, {len(group)} runs)")
lessons.particles.plot(spread);

# %% [markdown]
# **What you should have seen.** Without debiasing the free points collapse, already at ε = 1; with it they keep their spread if ε is
# large, and shrink as under $W_1$ if it is small. $W_1$ itself shrinks them to a third at d = 50: the false minimum of notebook 05
# at work.
#
# ### And a GAN?
#
# Its critic φ is a network on the real points, and the minimum of the c-transform becomes a soft one:
# $\varphi^{c,\varepsilon}(y) = -\varepsilon \log \frac1n \sum_j e^{(\varphi(x_j) - \lVert y - x_j \rVert)/\varepsilon}$. In Mallasto et al.
# (2019) the debiasing terms are part of the *estimate* of the distance; whether they are part of the *generator's* loss, the text
# leaves open. So we train it both ways. The debiased generator minimises
#
# $$\mathbb E\,\varphi(x) + \mathbb E\,\varphi^{c,\varepsilon}(G(z)) - \tfrac12 W_\varepsilon(G(z), G(z)) .$$
#
# Mind the unit of ε: large means large *against the distances*. The paper's minibatches are 51 apart (Figure 5). If Figure 9 has the
# same unit, its ε = 1000 is twenty times that. If its brightness was from 0 to 255, and that of Figure 5 from −1 to 1, ε is only a
# sixth of the distance. For our digits, with brightness from 0 to 1:

# %%
first, second = lessons.batches.pictures("digits").sample(128, torch.Generator().manual_seed(seed)).split(64)
apart = transport.wasserstein1(first, second)
print(f"two digits are {transport.pairwise_distance(first, second).mean():.1f} apart, two minibatches of 64 {apart:.2f}: "
      f"twenty times that is ε = {20 * apart:.0f}, a sixth ε = {apart / 6:.1f}")

# %%
ui.predict(
    "A GAN trained on digits by the (c, ε)-transform with ε = 1000, not debiased. What does its generator draw?",
    ["blurred digits of several kinds, like centroids", "one and the same picture, always", "sharp digits"],
    answer="one and the same picture, always",
    because="Press Play: all pictures become one, and the point in the plane falls on *mean picture*. Go down to ε = 0.1, and they part into "
    "blurred kinds. At ε = 1000 take the debiased loss, and the variety comes back.",
)

# %%
lessons.transform_gans.explore("(c, ε)-transform", seed=seed)

# %%
base = {"default": lessons.picture_gans.SMALL, "paper": lessons.picture_gans.LARGE}[scale]
settings = [("(c, ε)-transform", 0.1), ("(c, ε)-transform", 1000.0), ("(c, ε)-transform, debiased", 1000.0)]
a_sixth = [("(c, ε)-transform", 0.3), ("(c, ε)-transform, debiased", 0.3)]
fig9 = lessons.transform_gans.measure(settings + a_sixth, base=base, seed=seed)
found = fig9[fig9["step"] == fig9["steps"]].groupby(["variant", "epsilon"], sort=False)[["ratio", "sharpness", "spread"]]
print(f"{fig9['repetition'].nunique()} seeds each, with standard errors; n = k = {base.batch}, {base.steps} steps; ε = 0: not trained")
print(found.agg(["mean", "sem"]).round(2).to_string(na_rep=""))
lessons.transform_gans.plot(fig9);

# %%
lessons.transform_gans.plot_pictures(settings, base=base, seed=seed);

# %% [markdown]
# With larger networks and 5000 steps, on digits and on faces, this was recorded; means over three seeds:

# %%
recording = record.load("fig7")
print(recording.line)
for data in ("digits", "faces"):
    table = lessons.transform_recorded.summary(recording, data)
    print(f"\n{data}, n = k = 64\n{table.drop(index=['c-transform', 'wgan-gp']).round(2).to_string()}")

# %%
for data in ("digits", "faces"):
    lessons.transform_recorded.plot(recording, data, ("c-eps-transform-0.1", "c-eps-transform-1000", "c-eps-debiased-1000"))

# %% [markdown]
# **The paper says** (Figure 9): at ε = 1000 the generator keeps converging into a k-means-like distribution, although the sample
# complexity is cured; so its hypothesis is that the distance of *pixels* is at fault. **Measured here, on digits**:
#
# - ε = 0.1, small against the distances: averages of several kinds, as with the c-transform. That is k-means-like.
# - ε = 1000, large against them: the generator draws *one* picture, nearly the mean of all. The spread is almost 0: this is *not*
#   k-means-like, and no centroid of notebook 05 either.
# - The same ε, the same pixels, debiased: the variety is back and the blur is gone; ratio and spread are near those of real pictures.
#   In the short run much of the sharpness is noise, which Laplace's filter cannot tell from edges. In the long one all three numbers are within
#   a tenth of those of real digits.
#
# - ε = 0.3, a sixth of the distances: not debiased, that is large enough already for one picture. Debiased, it gives several blurred kinds,
#   with the numbers of ε = 0.1: k-means-like.
#
# So pixel distance alone makes no centroids: the same distance gives averages, one picture or digits, as ε and debiasing have it.
# Figure 9 shows several blurred kinds. One gets them with the debiased loss, if its brightness ran to 255, so that ε was a sixth of the
# distances; with an ε that is really large one does not, in either way. But a part of the hypothesis stands: take *faces* in the figure above, debiased. They are varied and not blurred, but
# noisy, sharper than real ones even after 5000 steps, and far from good. Why a generator that is pulled pixel by pixel should see a face is what the next section asks.

# %% [markdown]
# ## 5 · The wrong ruler
#
# The paper's own explanation of Figure 9: the ground cost $\lVert x - y \rVert_2$ between *pixels* is at fault. "The same person
# photographed under different lighting conditions would be assigned a low distance by a human metric", and a large one by
# pixels. We can look: the faces are drawn from known factors, so that light and person can be changed one at a time. All
# stand in one studio: same pose, same expression, same wall.

# %%
ui.predict(
    "A person in light from the left. Which picture is farther away in pixels?",
    ["the same person in light from the right", "another person in light from the left", "it depends on the person"],
    answer="the same person in light from the right",
    because="Try the twenty strangers below: at this strength of the light the pixel distance has the wrong person nearer every "
    "time. Then turn the light of the second picture, shift it by some pixels, lower its contrast.",
)

# %%
lessons.pixel_distance.explore_pair(seed=seed)

# %% [markdown]
# **What you should have seen.** The bar is red where the same person is *farther* than the stranger. *Features* are what a small
# network, trained on other drawn faces, reads of the person: it has learnt to look past the light.

# %%
same_light = -60.0
for change in ({"azimuth": 60.0}, {"azimuth": same_light, "shift": 8}, {"azimuth": same_light, "contrast": 0.5}):
    frames = [lessons.pixel_distance.compare(**change, stranger=s, seed=seed).frame.set_index("ruler") for s in range(1, 21)]
    ratios = pd.concat([frame["changed"] / frame["stranger"] for frame in frames], axis=1)
    farther = ", ".join(f"{ruler} {row.median():.2f} (farther than {(row > 1).sum()} of 20)" for ruler, row in ratios.iterrows())
    print(f"{change}: median of changed : stranger: {farther}")

# %% [markdown]
# A shift by eight pixels or half the contrast, nothing to the eye, takes a picture nearly as far from itself as a stranger's is.
#
# Whom does each ruler find? Below, the picture on the left is asked for. In the gallery hang 99 other people in the same
# light, and the same person in seven other lights: seven right answers.

# %%
lessons.pixel_distance.explore_neighbours(seed=seed)

# %% [markdown]
# How often does it go wrong? Everybody is asked for once, in light from the right. The nearest picture should be the same person's
# in light from the left; the others hang there in light from the right.

# %%
lessons.pixel_distance.explore(seed=seed)

# %%
people = {"default": 100, "paper": 1000}[scale]
found = lessons.pixel_distance.measure((0.0, 0.2, 0.4, 0.8), n=people, seed=seed)
rates = 100 * found.groupby(["strength", "ruler"])[["wrong", "nearer"]].agg(["mean", "sem"])
print(f"{people} people, {people * (people - 1)} pairs; % asked for whose nearest is another person, and % of the others that are nearer")
print(rates.round(2).to_string())

# %% [markdown]
# **The paper says** (without a measurement): pixelwise metrics consider the same person under different lighting dissimilar.
# **That holds, and strongly.**
#
# ### Exercise 3 · A better ruler by hand
#
# Without any network: write what a picture should be turned into *before* the Euclidean distance is taken, so that the light
# matters less. In light of strength 0.6 pixels find the wrong person for nearly all of 60 people; bring that below one
# half. (How does light from one side change from one pixel to the next, and how do eyes, brows and hair?)

# %%
def light_proof(pixels):
    """Turn pictures (n, 3, 64, 64) into points (n, anything), nearer for the same person in another light."""
    ...


# %%
lessons.exercises.light_proof()

# %% [markdown]
# ### What k-means of pixels sorts by
#
# The centroids of notebook 05, and blurred pictures such as those of Figure 9, come from the same ruler. Each drawn face knows
# its factors, so we can ask how much of each factor's variance lies *between* the clusters: 100 % if k-means sorts by it
# alone, about $(k - 1)/(n - 1)$ if it does not see it at all. (The live figure has faces of 32 × 32 pixels, the list below it those
# of 64 × 64.)

# %%
ui.predict(
    "k-means with 64 centroids on faces. Which of these do its clusters know best?",
    ["where the light comes from", "whether the person smiles", "how wide the nose is"],
    answer="where the light comes from",
    because="Pixel distance counts pixels. Skin, hair and light move thousands of them; a smile or a nose moves a few dozen, and "
    "is about as invisible to k-means as chance.",
)

# %%
lessons.centroids.explore(seed=seed)

# %%
known = lessons.centroids.measure(lessons.batches.pictures("faces", 64), k=64, seed=seed).set_index("factor")["known"]
for factor in ("skin_tone", "hair_grey", "light_azimuth", "light_strength", "smile", "nose_width", "eye_spacing"):
    print(f"{factor.replace('_', ' '):15} {known[factor]:6.1%} of its variance between 64 clusters of 10,000 faces (chance 0.6%)")

# %% [markdown]
# A centroid is the mean of a cluster: what k-means does not see is averaged away. So it keeps skin, hair and light, and has no
# expression of its own.

# %% [markdown]
# ## Quiz

# %%
lessons.quizzes.ask("wasserstein_itself")

# %% [markdown]
# ## Take away
#
# - ε leads from $W_1$ to half the energy distance, if the divergence is debiased; to $\mathbb E|x - y|$ if it is not.
# - A large ε cures the sample complexity, and with debiasing these false minima, once it is of the size of the distances.
# - Without debiasing the loss wants all points in one place: a GAN then draws one picture. With debiasing, and ε well above the distances, the
#   blur of Figure 9 is gone.
# - Pixel distance takes a stranger in the same light for nearer than the same person in another; k-means sorts by that.
#
# **References**: Mallasto, Montúfar, Gerolin 2019 ([arXiv:1910.03875](https://arxiv.org/abs/1910.03875)) · Cuturi 2013 ([arXiv:1306.0895](https://arxiv.org/abs/1306.0895)) · Genevay, Peyré, Cuturi 2018
# ([arXiv:1706.00292](https://arxiv.org/abs/1706.00292)) · Feydy et al. 2019
# ([arXiv:1810.08278](https://arxiv.org/abs/1810.08278)) · Genevay et al. 2019
# ([arXiv:1810.02733](https://arxiv.org/abs/1810.02733)).

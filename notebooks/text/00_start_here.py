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
# # Wasserstein GANs work because they fail
#
# **A course on one paper**: Stanczuk, Etmann, Kreusser and Schönlieb, *Wasserstein GANs Work Because They Fail
# (to Approximate the Wasserstein Distance)*, [arXiv:2103.01678](https://arxiv.org/abs/2103.01678), 2021.
# Every section is a notebook, every figure is live, every claim is measured.
#
# **You will learn here** how the notebooks work · how to use the sliders · whether everything runs on your machine.
#
# **You need** nothing yet. **Time**: 5 minutes.

# %%
from wgan_helpers import environment, lessons, ui

ui.use_style()

# %% [markdown]
# ## Does it run here?
#
# The last two rows matter: on which device networks will train, and whether the exact solver gives the same
# number as an independent library.

# %% tags=["machine"]
environment.report()

# %% [markdown]
# ## How a live figure works
#
# 1. **Move a slider**: drag it, or click it and use the arrow keys (in a menu: Alt+↓ first). The picture follows. If you
#    are faster than your machine, the picture skips to the newest setting.
# 2. Where the computation takes longer, you see a coarse picture first, which is then refined. **Stop** ends the
#    refinement and keeps what there is.
# 3. **Paper's setting** sets the controls that the paper fixes to what it used.
# 4. The line under the buttons says which setting the picture shows.
# 5. Below the picture, **share** gives the code that reopens the figure as it is, **SVG** and **PNG** download the picture.

# %% [markdown]
# ## How a prediction works
#
# Before a figure we ask what you expect. Your first choice stays, also when you run the cell again: being wrong
# first is how it sticks. (It is kept in the file `.answers.json` beside the notebooks, with the exercises and quizzes that you did. To
# start over, delete it and restart the kernel.)

# %%
ui.predict(
    "Two batches of 1000 points each come from the same law, uniform on the cube in dimension 50. How far are they apart?",
    ["about 0", "about 0.1", "about 2, not much less than two batches of 10"],
    answer="about 2, not much less than two batches of 10",
    because="Read off the last point in the figure below. Then think: what is the typical distance "
    "between two single points of that cube?",
)

# %%
lessons.sample_complexity.explore()

# %% [markdown]
# Two batches are drawn from *the same* law, so the distance between the laws is 0. Set the dimension to 1: the curve comes
# down quickly. At d = 50 it hardly moves. That gap is half of the paper; notebook 05 takes it apart.

# %% [markdown]
# ## How an exercise works
#
# A cell holds a stub, the cell below checks it step by step. It says what is wrong, and which idea behind it.
# Nothing later depends on your answer, so you can always go on.

# %%
def point_distance(x, y):
    """The Euclidean distance between two points, each a tensor of shape (d,)."""
    ...


# %%
lessons.exercises.point_distance()

# %% [markdown]
# ## How far you are
#
# What each notebook asks, and what of it you have answered. Run this cell again when you come back.

# %% tags=["machine"]
lessons.progress.report()

# %% [markdown]
# ## The map
#
# Symbols and words are in the [glossary](glossary.md).
#
# | notebook | section of the paper | the question |
# |---|---|---|
# | **00_start_here** | – | does it run? |
# | [01_introduction](01_introduction.ipynb) | §1 | what is the claim, in one picture? |
# | [02_original_motivations](02_original_motivations.ipynb) | §2 | why should anybody want the Wasserstein distance? |
# | [03_estimating_w1](03_estimating_w1.ipynb) | §3 | what is a critic worth, and which two errors does an estimate make? |
# | [04_optimal_discriminator](04_optimal_discriminator.ipynb) | §4 | does the loss of a WGAN estimate the Wasserstein distance, and are its pictures better if it does? |
# | [05_finite_samples](05_finite_samples.ipynb) | §5 | what does a minibatch know of the Wasserstein distance? |
# | [06_wasserstein_itself](06_wasserstein_itself.ipynb) | §6 | does regularisation save it? |
# | [07_space_of_gans](07_space_of_gans.ipynb) | §7 | is it the loss that helps, or the critic's slope? |
# | [08_conclusions](08_conclusions.ipynb) | §8 | which claims of the paper hold, and under which conditions? |
# | [09_what_came_after](09_what_came_after.ipynb) | after | is $W_1$ of samples the right yardstick, and what do WGANs compute instead? |

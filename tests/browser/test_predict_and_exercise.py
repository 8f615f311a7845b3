"""Predictions and exercises of every notebook, as a reader meets them."""

import re

import pytest

pytestmark = pytest.mark.browser

# For each exercise a wrong answer, and words of the hint that it should get
MISTAKES = {
    "gradient_penalty": (
        "def gradient_penalty(critic, real, fake, share):\n"
        "    at = torch.lerp(real, fake, share).requires_grad_()\n"
        "    (gradient,) = torch.autograd.grad(critic(at).sum(), at, create_graph=True)\n"
        "    return (gradient.norm() - 1) ** 2",
        "one norm of the whole batch",
    ),
    "fast_c_transform": ('fast = {"lr_critic": 1.0}', "throws the potential about"),
    "optimal_discriminator": ("def optimal_discriminator(p, q):\n    return p / q", "solve for D"),
    "jensen_shannon": ("def jensen_shannon(p, q):\n    return (p * (p / q).log()).sum()", "compare each with"),
    "saturating_slope": ("def saturating_slope(score):\n    return torch.sigmoid(score) - 1", "does not saturate"),
    "best_of": ("def best_of(scores, k):\n    return scores.max()", "on average, the mean"),
    "bjorck_step": ("def bjorck_step(W):\n    return 1.5 * W + 0.5 * W @ W.T @ W", "it holds the large"),
    "generator_loss": (
        "def generator_loss(scores):\n    return (1 - torch.sigmoid(scores)).log().mean()",
        "whose gradient vanishes",
    ),
    "true_distance": (
        "def true_distance(x, mean, t):\n    return (x - mean).norm(dim=1).mean()",
        "nothing has to move",
    ),
    "point_distance": ("def point_distance(x, y):\n    return (x - y).square().sum()", "square root"),
    "penalty_that_misleads": ("def penalty_that_misleads(w1, factor):\n    return w1 / (factor - 1)", "not W²/λ"),
    "c_transform": ("def c_transform(cost, g):\n    return (cost - g).amax(dim=1)", "with the maximum"),
    "mean_batch_loss": ("def mean_batch_loss(x, mean):\n    return (x - mean).norm(dim=1).sum()", "1/n"),
    "crossover_dimension": ("crossover_64 = 3", "too low"),
    "gradient_bias": (
        "def estimate_bias(theta, theta_star, n, repetitions, generator):\n"
        "    ones = (torch.rand(repetitions, n, generator=generator) < theta_star).double().mean(1)\n"
        "    return torch.sign(theta - ones).mean()",
        "true gradient",
    ),
    "log_sinkhorn_step": (
        "def log_sinkhorn_step(cost, g, epsilon):\n    return -epsilon * torch.logsumexp((g - cost) / epsilon, dim=1)",
        "ε log m",
    ),
    "light_proof": ("def light_proof(pixels):\n    return pixels.flatten(1)", "still find another person"),
    "verdict_rule": (
        "def verdict(found, low, high):\n"
        "    shown = [low < value < high for value, error in found]\n"
        "    return 'holds' if all(shown) else 'holds under conditions' if any(shown) else 'not reproduced'",
        "the standard error has to be used",
    ),
    "line_estimate": (
        "def line_estimate(real, fake, roads, h, penalty):\n"
        "    w = h * (real - fake).cumsum(0).abs()\n"
        "    return (w + w**2 / (4 * penalty * roads)).sum()",
        "the penalty taken off",
    ),
    "unbiased_energy": (
        "def unbiased_energy(x, y):\n    return transport.energy_distance(x, y)",
        "divide by n(n − 1)",
    ),
    "naive_sinkhorn_breaks": ("broken_epsilon = 0.1", "go lower"),
}


@pytest.fixture
def exercises(notebook):
    """The exercises by the name of the function that makes them, with the cell of each."""
    widgets = [(notebook.cell_of(widget), widget) for widget in notebook.widgets("exercise")]
    return {notebook.source(cell).split("(")[0].split(".")[-1].strip(): (cell, widget) for cell, widget in widgets}


def says(widget, text):
    """Wait until the widget says it."""
    widget.get_by_text(text).first.wait_for()


def test_an_exercise_says_what_to_do_while_the_stub_is_there(exercises):
    for _, widget in exercises.values():
        widget.get_by_role("button", name="Check my answer").click()
        says(widget, "✗")
        assert "Right." not in widget.inner_text()


def test_what_to_expect_is_one_click_away(exercises):
    for _, widget in exercises.values():
        expected = widget.get_by_role("button", name="What to expect")
        if expected.count():
            expected.click()
            widget.locator("img").wait_for()


def test_a_wrong_answer_gets_its_hint_and_the_shown_solution_is_right(notebook, exercises):
    for name, (cell, widget) in exercises.items():
        wrong, hint = MISTAKES[name]
        notebook.run_cell(cell - 1, wrong)
        widget.get_by_role("button", name="Check my answer").click()
        says(widget, hint)
        widget.get_by_role("button", name="Show a solution").click()
        notebook.run_cell(cell - 1, widget.locator("pre").inner_text())
        widget.get_by_role("button", name="Check my answer").click()
        says(widget, "Right.")
    assert notebook.errors() == []


def test_a_prediction_stays_when_the_cell_runs_again_and_when_the_page_is_loaded_again(notebook):
    predictions = notebook.widgets("predict")
    cells = [notebook.cell_of(widget) for widget in predictions]
    for widget in predictions:
        widget.get_by_role("button").last.click()
        says(widget, "You said:")
        _is_fixed(widget)
    for cell in cells:
        notebook.run_cell(cell)
    for widget in notebook.widgets("predict"):
        says(widget, "You said:")
        _is_fixed(widget)
    notebook.reload()
    notebook.page.locator(".wgan-predict").nth(len(cells) - 1).wait_for()
    for widget in notebook.widgets("predict"):
        says(widget, "You said:")
        _is_fixed(widget)
    notebook.settle()
    assert notebook.errors() == []


def _is_fixed(widget):
    assert widget.get_by_role("button", disabled=False).count() == 0


def test_each_choice_of_a_quiz_is_answered_and_formulas_are_set(notebook):
    for quiz in notebook.widgets("quiz"):
        for choice in quiz.get_by_role("button").all():
            choice.click()
        says(quiz, "right at the first try.")
        # one query for both marks: while later choices are answered, one mark becomes the other
        assert quiz.get_by_text(re.compile("[✓✗]")).count() >= 4
        assert "$" not in quiz.inner_text()
    assert notebook.errors() == []

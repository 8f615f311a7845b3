"""The few widgets that all lessons share: a live figure, a player, a prediction, an exercise, a quiz.

``ui`` knows nothing of the paper: a lesson hands it a computation, a drawing and some controls.
"""

from wgan_helpers.ui.alive import settle
from wgan_helpers.ui.controls import Control, menu, slider
from wgan_helpers.ui.drawing import picture
from wgan_helpers.ui.exercise import Check, Exercise, exercise
from wgan_helpers.ui.live import LiveFigure, Step
from wgan_helpers.ui.player import Player
from wgan_helpers.ui.predict import predict
from wgan_helpers.ui.quiz import Question, Quiz, quiz
from wgan_helpers.ui.style import PALETTE, axes, band, log_axis, use_style

__all__ = [
    "PALETTE",
    "Check",
    "Control",
    "Exercise",
    "LiveFigure",
    "Player",
    "Question",
    "Quiz",
    "Step",
    "axes",
    "band",
    "exercise",
    "log_axis",
    "menu",
    "picture",
    "predict",
    "quiz",
    "settle",
    "slider",
    "use_style",
]

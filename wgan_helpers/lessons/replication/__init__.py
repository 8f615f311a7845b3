"""§8: every claim of the paper, what was measured, and the verdict that follows from the number.

The claims stand in one module for each part of the paper. :func:`measure` measures them anew, :func:`stored` gives what
was stored by ``make replication``, :func:`verdicts` judges either; :func:`plot`, :func:`plot_numbers` and
:func:`explore` draw it, :func:`as_markdown` writes it.
"""

from wgan_helpers.lessons.replication.claim import SECTIONS, VERDICTS, Claim, Estimate, Range, Statement, verdict
from wgan_helpers.lessons.replication.claims import ARGUMENT, CLAIMS
from wgan_helpers.lessons.replication.measuring import measure, recordable, stored, verdicts
from wgan_helpers.lessons.replication.picture import explore, plot, plot_numbers
from wgan_helpers.lessons.replication.report import argument, as_markdown, estimates

__all__ = [
    "ARGUMENT",
    "CLAIMS",
    "SECTIONS",
    "VERDICTS",
    "Claim",
    "Estimate",
    "Range",
    "Statement",
    "argument",
    "as_markdown",
    "estimates",
    "explore",
    "measure",
    "plot",
    "plot_numbers",
    "recordable",
    "stored",
    "verdict",
    "verdicts",
]

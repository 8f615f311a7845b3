"""Every quiz can be asked, and the place of an answer does not give it away."""

from collections import Counter

import pytest

from wgan_helpers.lessons import quizzes

QUESTIONS = quizzes.questions()


@pytest.mark.parametrize("section", QUESTIONS)
def test_a_quiz_has_four_questions_and_a_reason_for_each_option(section):
    assert len(quizzes.ask(section)._questions) == 4
    for question in QUESTIONS[section]:
        assert question.text.endswith(("?", ".", "is")) and question.text.count("$") % 2 == 0
        for option, reply in question.replies.items():
            assert reply.endswith(".") and reply != option and reply.count("$") % 2 == option.count("$") % 2 == 0


def test_options_come_in_the_same_order_every_time_and_it_says_nothing():
    assert quizzes.questions() == QUESTIONS
    places = Counter(list(q.replies).index(q.answer) for asked in QUESTIONS.values() for q in asked)
    assert set(places) == {0, 1, 2} and max(places.values()) <= 0.55 * sum(places.values())


def test_an_unknown_section_is_refused():
    with pytest.raises(ValueError, match="did you mean 'finite_samples'"):
        quizzes.ask("finite_sample")

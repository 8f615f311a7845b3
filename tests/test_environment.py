"""The start page's table."""

from wgan_helpers import environment


def test_the_report_says_that_the_solver_agrees_with_pot():
    report = environment.report()["found"]
    assert report["exact W₁"].endswith("agrees with POT")
    assert not report.str.contains("missing").any()


def test_a_wrong_solver_is_noticed(monkeypatch):
    from wgan_helpers import transport

    right = transport.wasserstein1
    monkeypatch.setattr(transport, "wasserstein1", lambda x, y: right(x, y) * 1.001)
    assert "but POT says" in environment.report()["found"]["exact W₁"]


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setattr(environment, "_PACKAGES", ("no-such-package",))
    assert environment.report()["found"]["no-such-package"] == "missing: run make setup"

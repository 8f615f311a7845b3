"""The worker takes the newest request, drops what it was too slow for, and always ends with the last."""

import threading
import time

from wgan_helpers.ui.worker import NewestWins


class Gate:
    """Work that waits until the test lets it go on, and notes what it was asked."""

    def __init__(self):
        self.seen, self.began, self.go = [], threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, request, outdated):
        self.seen.append(request)
        self.began.release()
        assert self.go.acquire(timeout=10)


def test_only_the_newest_of_the_waiting_requests_is_worked_on():
    work = Gate()
    worker = NewestWins(work)
    worker.submit(0)
    assert work.began.acquire(timeout=10)
    for request in range(1, 31):
        worker.submit(request)
    work.go.release(31)
    assert worker.wait(10)
    assert work.seen == [0, 30]


def test_a_newer_request_makes_the_present_one_outdated():
    noticed = []
    begun, release = threading.Event(), threading.Event()

    def work(request, outdated):
        begun.set()
        assert release.wait(10)
        noticed.append((request, outdated()))

    worker = NewestWins(work)
    worker.submit("old")
    assert begun.wait(10)
    worker.submit("new")
    release.set()
    assert worker.wait(10)
    assert noticed == [("old", True), ("new", False)]


def test_stop_begins_what_waits_and_ends_it_at_its_first_opportunity():
    noticed = []
    begun, release = threading.Event(), threading.Event()

    def work(request, outdated):
        begun.set()
        assert release.wait(10)
        noticed.append((request, outdated()))

    worker = NewestWins(work)
    worker.submit(1)
    assert begun.wait(10)
    worker.submit(2)
    worker.stop()
    release.set()
    assert worker.wait(10)
    worker.submit(3)
    assert worker.wait(10)
    assert noticed == [(1, True), (2, True), (3, False)]


def test_a_closed_worker_ignores_requests():
    seen = []
    worker = NewestWins(lambda request, outdated: seen.append(request))
    worker.close()
    worker.submit(1)
    assert worker.wait(1)
    assert seen == []


def test_an_idle_worker_keeps_no_thread():
    before = threading.active_count()
    workers = [NewestWins(lambda request, outdated: None) for _ in range(20)]
    for worker in workers:
        worker.submit(1)
        assert worker.wait(10)
    for thread in threading.enumerate():
        if thread.name == "live-figure":
            thread.join(10)
    assert threading.active_count() <= before  # those of other tests may end meanwhile


def test_wait_reports_work_that_takes_longer():
    work = Gate()
    worker = NewestWins(work)
    worker.submit(1)
    assert not worker.wait(0.05)
    work.go.release()
    assert worker.wait(10)


def test_after_halt_the_thread_is_gone_also_if_its_request_is_slow_to_go():
    class Heavy:
        def __del__(self) -> None:  # as of a large tensor: Python must not end meanwhile
            time.sleep(0.3)

    worker = NewestWins(lambda request, outdated: None)
    worker.submit(Heavy())
    assert worker.wait(10)
    worker.halt(10)
    assert not worker._thread.is_alive()

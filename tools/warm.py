"""Compile what the course uses now, so that the first slider does not wait for it."""

import time

from wgan_helpers.transport import _assignment, _sinkhorn

start = time.perf_counter()
_assignment.warm()
_sinkhorn.warm()
print(f"compiled code is ready ({time.perf_counter() - start:.1f} s)")

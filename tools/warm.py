"""Do now what the first slider would wait for: compile, and draw the faces of the notebooks."""

import time

from wgan_helpers import images
from wgan_helpers.transport import _assignment, _sinkhorn

start = time.perf_counter()
_assignment.warm()
_sinkhorn.warm()
for size in (16, 32, 64):
    images.load("faces", size)
print(f"compiled code and faces are ready ({time.perf_counter() - start:.1f} s)")

"""From factors to pixels."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from wgan_helpers import _checks
from wgan_helpers.images.faces import features, hair, head, scene
from wgan_helpers.images.faces.canvas import Canvas
from wgan_helpers.images.faces.factors import Factors

PIXELS = 2**18  # drawn at a time: what is being worked on stays near the processor, and calls cost little
# left, right, bottom, top: within these boxes the parts stay, wherever the head turns
FACE = (-0.85, 0.85, -1.0, 0.8)
EYES = (-0.85, 0.85, -0.55, 0.75)
CHEEKS = (-0.85, 0.85, -0.9, 0.35)
NOSE = (-0.6, 0.6, -0.7, 0.5)
MOUTH = (-0.6, 0.6, -1.0, 0.05)
_one_draws = threading.Lock()  # on all cores, and PyTorch's number of threads is one for the whole process


def draw(factors: Factors, size: int = 64) -> Tensor:
    """Draw faces.

    Parameters
    ----------
    factors : Factors
        Of ``n`` faces.
    size : int
        Height and width in pixels, 8 to 1024.

    Returns
    -------
    (n, 3, size, size) float32
        Red, green, blue in [0, 1], on the device of the factors. The same face at another size is the same
        picture, finer or coarser.

    Raises
    ------
    ValueError
        If ``size`` is not within its limits.
    """
    size = int(_checks.number(_checks.integer(size, "size"), "size", 8, 1024))
    pixels = torch.empty(len(factors), 3, size, size, device=factors.yaw.device)
    step = max(1, PIXELS // size**2)

    def fill(first: int) -> None:
        chunk = slice(first, first + step)
        pixels[chunk] = _draw(factors[chunk].planes(), size)

    firsts = range(0, len(factors), step)
    if pixels.is_cpu:
        _in_threads(fill, firsts)
    else:
        for first in firsts:
            fill(first)
    return pixels


def _in_threads(fill: Callable[[int], None], firsts: range) -> None:
    """Each thread draws faces of its own.

    Threads that share every small operation wait for one another: on a busy machine that is ten times slower than
    one thread alone.
    """
    with _one_draws:
        # what a new thread takes is what was set for all; this one may have begun while another drew
        with ThreadPoolExecutor(1) as new:
            threads = new.submit(torch.get_num_threads).result()
        pool = ThreadPoolExecutor(min(threads, len(firsts)), initializer=torch.set_num_threads, initargs=(1,))
        try:
            for _ in pool.map(fill, firsts):
                pass
        finally:
            pool.shutdown(cancel_futures=True)
            # the workers' setting is their own, but threads begun later would take the one made last
            torch.set_num_threads(threads)


def _draw(f: Factors, size: int) -> Tensor:
    """Back to front, then the light."""
    canvas = head.blank(f, size)
    locks = hair.strands(canvas, f)
    scene.paint_background(canvas, f)
    hair.paint_back(canvas, f, locks)
    _for_some(hair.paint_bun, f.bun, canvas, f)
    head.paint_neck(canvas, f)
    scene.paint_clothes(canvas, f)
    head.paint_ears(canvas, f)
    head.paint_skin(canvas, f)
    face, eyes, cheeks, nose, mouth = (canvas.crop(*box) for box in (FACE, EYES, CHEEKS, NOSE, MOUTH))
    head.sculpt_eyes(eyes, f)
    head.sculpt_cheeks(cheeks, f)
    head.sculpt_nose(nose, f)
    head.sculpt_mouth(mouth, f)
    features.paint_furrows(eyes, f)
    features.paint_cheeks(cheeks, f)
    _for_some(features.paint_freckles, f.freckles, cheeks, f)
    features.paint_nose(nose, f)
    _for_some(features.paint_beard, f.beard + f.moustache, face, f)
    features.paint_eyes(eyes, f)
    features.paint_brows(eyes, f)
    features.paint_mouth(mouth, f)
    _for_some(features.paint_glasses, f.glasses, eyes, f)
    hair.paint_front(canvas, f, locks)
    return scene.illuminate(canvas, f)


def _for_some(paint: Callable[[Canvas, Factors], None], share: Tensor, canvas: Canvas, f: Factors) -> None:
    """Paint what few faces have on those only."""
    who = share.flatten().nonzero().flatten()
    if len(who):
        pictures = canvas.pick(who)
        paint(pictures, f[who])
        canvas.put(who, pictures)

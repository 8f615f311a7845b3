"""A picture on the page that changes without ever being blank."""

from typing import Final

import anywidget
import traitlets

# A browser shows nothing while it decodes a new source. So the next picture is decoded aside, and takes the
# place of the last when it is ready; one that was overtaken meanwhile is dropped.
_SCRIPT: Final = """
function render({ model, el }) {
  const shown = document.createElement("img");
  shown.style.width = "100%";
  shown.style.display = "block";
  el.append(shown);
  let newest = 0;
  async function show() {
    const number = ++newest, bytes = model.get("value");
    if (bytes.byteLength === 0) return;
    const next = new Image();
    next.src = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    await next.decode();
    if (number === newest) {
      const last = shown.src;
      shown.src = next.src;
      shown.alt = model.get("alt");
      nameSliders(el);
      URL.revokeObjectURL(last);
    } else {
      URL.revokeObjectURL(next.src);
    }
  }
  model.on("change:value", show);
  show();
  const ended = letDraw(model, shown);
  return () => { model.off("change:value", show); ended(); };
}

// ipywidgets gives the handle of a slider no name, and lets a screen reader say the number of its stop
function nameSliders(el) {
  const sliders = el.closest(".wgan-live, .wgan-player")?.querySelectorAll(".widget-slider") ?? [];
  for (const slider of sliders) {
    const text = name => slider.querySelector(name)?.textContent ?? "";
    for (const handle of slider.querySelectorAll(".noUi-handle")) {
      handle.setAttribute("aria-label", text(".widget-label"));
      handle.setAttribute("aria-valuetext", text(".widget-readout"));
    }
  }
}

// Where the pointer goes while it is pressed, as fractions of the picture, in batches
function letDraw(model, shown) {
  let points = [], waiting = null;
  function send() {
    clearTimeout(waiting);
    waiting = null;
    if (points.length) model.send({ points });
    points = [];
  }
  function note(event) {
    const box = shown.getBoundingClientRect(), all = event.getCoalescedEvents?.() ?? [];
    for (const { clientX, clientY } of all.length ? all : [event]) {
      points.push([(clientX - box.left) / box.width, (clientY - box.top) / box.height]);
    }
    waiting ??= setTimeout(send, 40);
  }
  shown.addEventListener("pointerdown", event => {
    if (!model.get("drawable") || event.button !== 0) return;
    shown.setPointerCapture(event.pointerId);
    note(event);
    send();
  });
  shown.addEventListener("pointermove", event => {
    if (shown.hasPointerCapture(event.pointerId)) note(event);
  });
  shown.addEventListener("lostpointercapture", send);
  function allow() {
    const yes = model.get("drawable");
    shown.draggable = !yes;
    shown.style.cursor = yes ? "crosshair" : "";
    shown.style.touchAction = yes ? "none" : "";  // or a finger would scroll the page
    shown.style.userSelect = yes ? "none" : "";
  }
  model.on("change:drawable", allow);
  allow();
  return () => { model.off("change:drawable", allow); clearTimeout(waiting); };
}
export default { render };
"""


class Picture(anywidget.AnyWidget):
    """A PNG file, shown as wide as its box.

    Attributes
    ----------
    value : bytes
        The file; empty for no picture.
    alt : str
        What it shows, for readers who do not see it. Set together with ``value``.
    drawable : bool
        Whether the pointer draws. What it draws comes as messages ``{"points": [[across, down], …]}``, in
        fractions of the picture's width from the left, and of its height from the top.
    """

    _esm = _SCRIPT
    value = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)
    drawable = traitlets.Bool(False).tag(sync=True)

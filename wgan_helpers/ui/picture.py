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
      URL.revokeObjectURL(last);
    } else {
      URL.revokeObjectURL(next.src);
    }
  }
  model.on("change:value", show);
  show();
  return () => model.off("change:value", show);
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
    """

    _esm = _SCRIPT
    value = traitlets.Bytes(b"").tag(sync=True)
    alt = traitlets.Unicode("").tag(sync=True)

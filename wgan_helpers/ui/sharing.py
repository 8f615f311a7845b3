"""Below a picture: the code that reopens it as it is, and the picture as a file for slides."""

from collections.abc import Callable
from typing import Any, Final

import anywidget
import traitlets

_SCRIPT: Final = """
function render({ model, el }) {
  const self = crypto.getRandomValues(new Uint32Array(1))[0];  // a figure may be on the page twice
  const bar = document.createElement("div");
  bar.className = "wgan-sharing";
  const share = addButton(bar, "share-alt", "share", "the code that reopens this figure as it is");
  for (const format of ["SVG", "PNG"]) {
    const save = addButton(bar, "download", format, `download the picture as ${format}, for slides`);
    save.onclick = () => { say(""); model.send({ save: format.toLowerCase(), view: self }); };
  }
  const panel = document.createElement("div"), code = document.createElement("textarea");
  panel.className = "wgan-sharing";
  code.readOnly = true;
  code.setAttribute("aria-label", "code that reopens this figure");
  code.dataset.lmSuppressShortcuts = "true";  // or JupyterLab takes Ctrl-C for the cell
  panel.append(code);
  const copy = addButton(panel, "copy", "copy", "copy the code");
  copy.onclick = async () => {
    code.select();
    // a page that came over http has no clipboard of the new kind
    await (navigator.clipboard?.writeText(code.value) ?? document.execCommand("copy"));
    copy.lastChild.textContent = "copied";
  };
  const line = document.createElement("p");
  line.setAttribute("role", "alert");
  line.className = "wgan-error";
  function say(text) { line.textContent = text; text ? el.append(line) : line.remove(); }
  function show() {
    const open = model.get("shows");
    share.setAttribute("aria-expanded", open);
    code.value = model.get("code");
    code.rows = code.value.split("\\n").length;
    copy.lastChild.textContent = "copy";
    open ? bar.after(panel) : panel.remove();
  }
  share.onclick = () => { model.set("shows", !model.get("shows")); model.save_changes(); };
  function take(message, buffers) {
    if (message.view !== self) return;
    if (message.error) return say(message.error);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(buffers, { type: message.type }));
    link.download = message.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  el.append(bar);
  model.on("change:shows change:code", show);
  model.on("msg:custom", take);
  show();
  return () => { model.off("change:shows change:code", show); model.off("msg:custom", take); };
}

function addButton(parent, icon, text, title) {
  const button = document.createElement("button"), image = document.createElement("i");
  button.title = title;
  button.type = "button";
  image.className = `fa fa-${icon}`;
  image.setAttribute("aria-hidden", "true");
  button.append(image, " ", text);
  parent.append(button);
  return button;
}
export default { render };
"""
_STYLE: Final = """
.wgan-sharing { display: flex; gap: 4px; align-items: flex-start; justify-content: flex-end; }
.wgan-sharing button {
  border: none; background: none; padding: 2px 6px; cursor: pointer; font: inherit; color: inherit; white-space: nowrap;
}
.wgan-sharing button:hover, .wgan-sharing button:focus-visible { background: var(--jp-layout-color2, #eee); }
.wgan-sharing textarea {
  flex: 1 1 0; min-width: 0; resize: none; box-sizing: content-box; font-family: var(--jp-code-font-family, monospace);
}
"""
TYPES: Final = {"svg": "image/svg+xml", "png": "image/png", "pdf": "application/pdf"}


class Sharing(anywidget.AnyWidget):
    """Three small buttons: the code, and the picture as SVG and as PNG.

    Parameters
    ----------
    export : callable
        ``export(format)`` returns a name and the picture as a file of that format. It is called on a click only.
    width : str
        That of the picture, in CSS.

    Attributes
    ----------
    shows : bool
        Whether the code is shown.
    code : str
        The code; it is of interest while ``shows``.
    """

    _esm = _SCRIPT
    _css = _STYLE
    shows = traitlets.Bool(False).tag(sync=True)
    code = traitlets.Unicode("").tag(sync=True)

    def __init__(self, export: Callable[[str], tuple[str, bytes]], width: str) -> None:
        # as high as its buttons before the browser has drawn them, so that nothing jumps
        super().__init__(layout={"min_height": "26px", "max_width": width})
        self._export = export
        self.on_msg(self._answer)

    def _answer(self, _: object, content: dict[str, Any], __: object) -> None:
        """Send the file that was asked for to the browser, which saves it where its reader is."""
        kind, view = content["save"], content["view"]
        try:
            name, file = self._export(kind)
        except Exception as error:
            self.send({"view": view, "error": f"{type(error).__name__}: {error}".splitlines()[0]})
        else:
            self.send({"view": view, "name": name, "type": TYPES[kind]}, buffers=[file])

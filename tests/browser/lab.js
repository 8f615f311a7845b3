// Runs in every page before JupyterLab does; the page objects in lab.py call it.
window.wgan = {
  get panel() { return jupyterapp.shell.currentWidget; },
  get kernel() { return this.panel.sessionContext.session?.kernel; },

  // Run code in the kernel, outside of all cells; what `expression` is worth afterwards, as text
  async python(code, expression = "None") {
    const options = { code, silent: false, store_history: false, user_expressions: { value: expression } };
    const reply = (await this.kernel.requestExecute(options).done).content;
    const value = reply.user_expressions?.value;
    if (reply.status !== "ok" || value.status !== "ok") throw new Error(reply.evalue ?? value.evalue);
    return value.data["text/plain"];
  },

  // Do what a menu entry does; `over` tells when it is done
  command(name) {
    this.over = false;
    jupyterapp.commands.execute(name).then(() => { this.over = true; });
  },

  // Make a cell the active one, and its source `source` unless that is null
  edit(index, source) {
    this.panel.content.activeCellIndex = index;
    if (source !== null) this.panel.content.activeCell.model.sharedModel.setSource(source);
  },

  // The setting that the controls show, written as the status line writes it
  setting(figure) {
    return [...figure.querySelectorAll(".widget-slider, .widget-dropdown")].map(control => {
      const menu = control.querySelector("select");
      const value = menu ? menu.selectedOptions[0].textContent : control.querySelector(".widget-readout").textContent;
      return `${control.querySelector(".widget-label").textContent} = ${value}`;
    }).join(" · ").replace(/\s+/g, " ");
  },

  status(figure) {
    return (figure.querySelector("[role=status]")?.textContent ?? "").replace(/\s+/g, " ").trim();
  },

  // Whether the picture is final for what the controls show, and has been for a moment
  settled(figure, moment = 500) {
    const line = this.status(figure), image = figure.querySelector("img");
    const ended = /\((done|stopped at|this setting failed)[^()]*\)$/.test(line);
    const final = ended && line.startsWith(this.setting(figure) + " (") && image?.complete
      && this.kernel.status === "idle";
    if (!final || figure.seenAs !== line + image.src) {
      figure.seenAs = line + image.src;
      figure.since = performance.now();
      return false;
    }
    return performance.now() - figure.since > moment;
  },

  // Whether a player that does not play shows the same picture as a moment ago
  rests(player, moment = 500) {
    const line = player.querySelector("[role=status]")?.textContent, image = player.querySelector("img");
    const still = line && line !== "playing" && image?.complete && this.kernel.status === "idle";
    if (!still || player.seenAs !== line + image.src) {
      player.seenAs = line + image.src;
      player.since = performance.now();
      return false;
    }
    return performance.now() - player.since > moment;
  },

  // A number for the pixels that are shown
  pixels(figure) {
    const image = figure.querySelector("img");
    if (!image.naturalWidth) return 0;
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    let sum = 2166136261;
    for (const byte of context.getImageData(0, 0, canvas.width, canvas.height).data) {
      sum = Math.imul(sum ^ byte, 16777619);
    }
    return sum;
  },

  // From now on: how often another picture is loaded, and what a reader would see flicker
  watch(figure) {
    const image = figure.querySelector("img"), height = figure.getBoundingClientRect().height;
    const seen = { pictures: 0, frames: 0, violations: [] };
    const loaded = () => { seen.pictures++; };
    image.addEventListener("load", loaded);
    const look = () => {
      if (seen.over) return image.removeEventListener("load", loaded);
      seen.frames++;
      const now = figure.querySelector("img"), tall = figure.getBoundingClientRect().height;
      if (now !== image) seen.violations.push("another <img>");
      if (!(now?.naturalWidth > 0)) seen.violations.push("blank picture");
      if (Math.abs(tall - height) > 0.5) seen.violations.push(`height ${height} -> ${tall}`);
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    figure.seen = seen;
  },

  watched(figure) {
    figure.seen.over = true;
    return figure.seen;
  },
};

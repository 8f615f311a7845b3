"""The course as web pages that need no kernel: build/html, each notebook with the pictures that it was stored with."""

import re
import sys

import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from sync import ROOT

OUT = ROOT / "build" / "html"
LINK = re.compile(r'(href="[^":]*)\.(ipynb|md)\b')


def pages() -> dict[str, NotebookNode]:
    """What becomes a page, by the page's name: the notebooks, and the glossary as one cell."""
    folder = ROOT / "notebooks"
    found = {path.stem: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}
    glossary = nbformat.v4.new_markdown_cell((folder / "glossary.md").read_text(encoding="utf-8"))
    return found | {"glossary": nbformat.v4.new_notebook(cells=[glossary])}


def page(notebook: NotebookNode, title: str) -> str:
    """One file, whose links to other notebooks lead to their pages."""
    html, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook, {"metadata": {"name": title}})
    return LINK.sub(r"\1.html", html)


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    for name, notebook in pages().items():
        (OUT / f"{name}.html").write_text(page(notebook, name), encoding="utf-8")
    print(f"{len(list(OUT.glob('*.html')))} pages in {OUT.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The glossary opens from a notebook as a page to read, with formulas, and leads back to notebooks."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_glossary_opens_rendered_and_leads_to_the_notebook_of_a_word(open_notebook, screenshots):
    notebook = open_notebook("notebooks/00_start_here.ipynb")
    page = notebook.page
    page.locator(".jp-Notebook").get_by_role("link", name="glossary").click()
    viewer = page.locator(".jp-MarkdownViewer:visible")
    viewer.get_by_role("cell", name="Sinkhorn divergence", exact=True).wait_for()
    expect(viewer.locator("mjx-container").first).to_be_visible()
    # as many columns in every row: no formula has broken a table
    widths = viewer.locator("tr").evaluate_all("rows => rows.map(row => row.cells.length)")
    assert set(widths) == {6}
    assert len(widths) > 50
    page.screenshot(path=screenshots / "glossary.png")
    viewer.get_by_role("row").filter(has_text="duality gap").get_by_role("link").click()
    page.locator(".jp-Notebook:visible").get_by_role("heading", name="Estimating").wait_for()

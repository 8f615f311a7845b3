"""The course as web pages: every picture is there, nothing asks for a kernel, links lead to pages."""

import re

import pages
import pytest

FOUND = pages.pages()
KERNEL = ("Error displaying widget", "Loading widget", "widget-view+json")


@pytest.mark.parametrize("name", FOUND)
def test_a_page_shows_every_picture_and_needs_no_kernel(name):
    html = pages.page(FOUND[name], name)
    outputs = [output for cell in FOUND[name].cells for output in cell.get("outputs", [])]
    pictures = [output.data["image/png"] for output in outputs if "image/png" in output.get("data", {})]
    assert len(re.findall(r'<img[^>]+src="data:image/png;base64,', html)) >= len(pictures)
    for png in pictures:
        assert png.strip()[:200] in html
    body = html[html.index("<body") :]
    for words in KERNEL:
        assert words not in body
    for target in re.findall(r'href="([\w/-]+\.(?:html|ipynb|md))', body):
        assert target.removesuffix(".html") in FOUND, target


def test_the_start_page_leads_to_all_others():
    html = pages.page(FOUND["00_start_here"], "00_start_here")
    for name in FOUND.keys() - {"00_start_here"}:
        assert f'href="{name}.html' in html

"""The page: one sound HTML file that needs nothing else."""

import itertools
import re
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from techniques.tour.page import Stop, render
from techniques.tour.route import ROUTE

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """What the tests ask of a page: its elements, whether they are closed, its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.open, self.text = [], [], ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += data

    def all(self, *tags):
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def outline(page):
    return Outline(page)


def test_every_element_is_closed(outline):
    assert outline.open == []


def test_nothing_is_loaded_from_elsewhere(page, outline):
    assert not re.findall(r"https?://|@import|//[a-z]+\.", page)
    assert not outline.all("script", "iframe", "object", "img")
    links = [
        attributes[key]
        for _, attributes in outline.elements
        for key in ("href", "src", "xlink:href")
        if key in attributes
    ]
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert all(url.startswith("#") for url in re.findall(r"url\(([^)]*)\)", page))


def test_ids_are_unique_and_links_lead_to_them(page, outline):
    ids = [attributes["id"] for _, attributes in outline.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = re.findall(r'(?:href="|url\()#([^")]+)', page)
    targets += [attributes["aria-labelledby"] for attributes in outline.all("section")]
    assert set(targets) <= set(ids)


def test_headings_descend_one_level_at_a_time(outline):
    levels = [int(tag[1]) for tag, _ in outline.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1 and levels.count(2) == len(ROUTE)
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_the_contents_list_every_section_in_order(outline):
    anchors = [link["href"] for link in outline.all("a") if link.get("href") != "#tour"]
    sections = [attributes["id"] for attributes in outline.all("section")]
    assert anchors[: len(ROUTE)] == [f"#{name}" for name in ROUTE]
    assert sections == list(ROUTE)


def test_the_numbers_at_the_top_are_those_of_the_sections_in_order(stops, page):
    summary = page[page.index('<table class="summary">') : page.index("</table>")]
    shown = re.findall(r'href="#([^"]+)".*?class="value">([^<]+?)(?: <span>|</td>)', summary, re.S)
    expected = [
        (stop.name, part.numbers[0].value)
        for stop in stops
        for part in stop.section.parts
        if part.numbers
    ]
    assert shown == expected and len(shown) > len(ROUTE) / 2


def test_the_answer_stands_before_the_first_figure(stops, page):
    for stop in stops:
        section = page[page.index(f'<section id="{stop.name}"') :]
        answer = section.index(str(escape(stop.section.see[0])))
        assert answer < section.index("<figure>")


def test_every_drawing_has_a_text_in_its_place(page, outline):
    drawings = [a for a in outline.all("div") if a.get("class") == "drawing"]
    assert len(drawings) == len(outline.all("svg")) > 50
    assert all(a["role"] == "img" and len(a["aria-label"]) > 10 for a in drawings)
    assert page.count("<figcaption>") == page.count("<figure>")


def test_landmarks_and_language_are_there(outline):
    for landmark in ("header", "nav", "main", "footer"):
        assert len(outline.all(landmark)) == 1
    assert outline.all("html") == [{"lang": "en"}]


def test_a_hostile_file_name_stays_text(page, outline, hostile):
    assert "<script" not in page
    assert hostile in outline.text


def test_drawings_take_their_colours_from_the_style_sheet(page):
    drawn = re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", page)
    assert set(drawn) <= {"#000000", "#ffffff"}  # the outlines of objects, on pictures
    for variable in set(re.findall(r"var\((--[a-z]+)\)", page)):
        assert f"{variable}:" in page


def test_a_failed_section_shows_its_error_as_text():
    html = render([Stop("data", "The data", error="ValueError: <b>bad</b> & worse")], "", "")
    assert "ValueError: <b>bad</b> & worse" in Outline(html).text

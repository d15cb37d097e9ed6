"""The report of a real run, in a real browser: every item is reachable and there."""

import shutil
from urllib.parse import unquote

import pandas as pd
import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from chromium import console_errors, opened
from snakemake_runs import run_snakemake

USES = """screen: {random: 500, length: 8, keep: 10, chunks: 1}
design: {generations: 2, population: 20, keep: 5}
"""


@pytest.fixture(scope="module")
def report(finished):
    """The unpacked report of a run with all that a report can have."""
    folder = finished.with_name("reported")
    shutil.copytree(finished, folder)
    with (folder / "overlay.yaml").open("a") as overlay:
        overlay.write(USES)
    config = ["--configfile", "overlay.yaml"]
    run_snakemake(folder, *config)
    run_snakemake(folder, "--report", "report.zip", *config)
    shutil.unpack_archive(folder / "report.zip", folder)
    return folder / "report"


@pytest.fixture(scope="module")
def browser(report):
    """A browser at the report's first page."""
    with opened(report / "report.html") as driver:
        yield driver


def wait(browser, css):
    """The elements that a selector finds, as soon as there are some."""
    return WebDriverWait(browser, 20).until(lambda _: browser.find_elements(By.CSS_SELECTOR, css))


def click(browser, text):
    """Click an entry of the menu."""
    entry = next(each for each in wait(browser, "nav li a") if each.text.strip() == text)
    entry.click()


def test_the_first_page_has_the_answer(browser):
    said = wait(browser, ".prose")[0].text.replace("\n", " ")
    for words in (
        "aptarank: run small",
        "it has never seen, the model rank names the fitter one in",
        "of 9 cheap baselines",
        "test aptamers is in training",
        "150 rows of scored.csv",
    ):
        assert words in said
    assert "System Message" not in said  # docutils' errors
    top = browser.execute_script("return document.querySelector('.prose').getBoundingClientRect()")
    assert top["y"] >= 0  # however long the answer is


def test_every_item_is_reachable(browser, report):
    """By its category and subcategory, as a person would; it opens, and says what to see."""
    results = browser.execute_script("return results")
    categories = browser.execute_script("return categories")
    assert set(categories) == {"Data", "Models", "Speed", "Ranking and design"}
    opened = []
    for category, parts in categories.items():
        for part in parts:
            browser.execute_script("app.setView({navbarMode: 'menu'})")
            click(browser, category)
            if len(parts) > 1:
                click(browser, part)
            # A label of two values is not a column, but a switch.
            for switch in range(
                max(1, len(browser.find_elements(By.CSS_SELECTOR, "fieldset input")))
            ):
                if switches := browser.find_elements(By.CSS_SELECTOR, "fieldset label"):
                    switches[switch].click()
                for row in wait(browser, "nav tbody tr"):
                    opened.append(open_item(browser, report, row))
    assert sorted(opened) == sorted(result["data_uri"] for result in results.values())
    for path, result in results.items():
        assert result["caption"].strip(), path
        assert {"what", "as"} <= set(result["labels"]), path


def open_item(browser, report, row):
    """Click the eye of an item; returns its address. A table would be saved as a file."""
    eye = row.find_elements(By.TAG_NAME, "a")[0]
    if eye.get_attribute("download"):
        address = unquote(eye.get_dom_attribute("href"))
        assert len(pd.read_csv(report / address).columns) > 1
        return address
    eye.click()
    shown = wait(browser, "#app > div > div:last-child img, iframe")[0]
    address = unquote(shown.get_dom_attribute("src"))
    if shown.tag_name == "img":
        WebDriverWait(browser, 20).until(lambda _: shown.get_property("naturalWidth"))
    else:
        assert "<table>" in (report / address).read_text(encoding="utf-8")
    return address


def test_no_errors_in_the_console(browser):
    assert not console_errors(browser)

"""A headless Chromium without a network."""

import contextlib
import shutil

import pytest
from selenium import webdriver

from debian import BROWSER, install

# Without these, Chromium looks for its maker's hosts.
QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
OPTIONS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", *QUIET]


@contextlib.contextmanager
def opened(page):
    """A browser that shows the page at a path; skips the test where there is no browser."""
    missing = install(BROWSER)
    if missing:
        pytest.skip(missing)
    options = webdriver.ChromeOptions()
    for option in [*OPTIONS, "--window-size=1500,1000"]:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    driver = webdriver.Chrome(options, service)
    driver.set_network_conditions(offline=True, latency=0, throughput=0)
    try:
        driver.get(page.as_uri())
        yield driver
    finally:
        driver.quit()


def console_errors(browser):
    """What the console has said since it was last asked that is an error."""
    return [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]

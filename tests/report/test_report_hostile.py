"""The report of a run whose every name is hostile: nothing runs, and names are shown as text."""

import json
import shutil
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from chromium import console_errors, opened
from snakemake_runs import run_snakemake

TEXTS = [
    "</script><img src=x onerror=alert(1)>",
    "<svg/onload=alert(2)>",
    "{{7*7}}{% raw %}",
    "`x <javascript:alert(3)>`_ |a| a_ ``b",
    "{dataset}{x}<run>",
    "$(touch hacked)`touch hacked`$x$",
    "'a' \"b\" \\ '",
    "=cmd()",
    "--full",
    "\x1b[31mred\nline",
    ".. raw:: html\n\n   <script>alert(4)</script>",
]
NAMES = "".join(TEXTS)
FILE = (
    "-o`x <javascript:alert(5)>`_ ``'\"$(touch hacked) {% raw "
    "<img src=x onerror=alert(6)>\n.. raw:: html.csv"
)
MADE = ["lab/description", "lab/answer.rst", "ranking/ranking.html"]


@pytest.fixture(scope="module")
def run(finished):
    """A finished run whose data, columns, aptamers and groups have such names."""
    folder = finished.with_name("hostile")
    shutil.copytree(finished, folder)
    table = pd.read_csv(folder / "scored.csv")
    columns = {"score": f"s{NAMES}", "sequence": f"q{NAMES}", "name": f"n{NAMES}"}
    columns["group"] = f"g{NAMES}"
    table = table.rename(columns=columns)
    table[columns["name"]] = [f"{TEXTS[i % len(TEXTS)]}{i}" for i in range(len(table))]
    table[columns["group"]] = [TEXTS[i % 2] for i in range(len(table))]
    table.to_csv(folder / FILE, index=False)
    config = yaml.safe_load((folder / "overlay.yaml").read_text(encoding="utf-8"))
    config["datasets"]["lab"] = {"path": FILE, "better": "lower"} | columns
    config["rank"] = {"candidates": FILE, "name": columns["name"]}
    config["rank"]["sequence"] = columns["sequence"]
    (folder / "hostile.json").write_text(json.dumps(config), encoding="utf-8")
    given = ["--configfile", "hostile.json", "--rerun-triggers", "mtime"]
    made = [f"results/small/{name}" for name in MADE]
    run_snakemake(folder, *given, "--allowed-rules", "ingest", "describe", "answer", "rank", *made)
    run_snakemake(folder, *given, "--report", "report.zip")
    shutil.unpack_archive(folder / "report.zip", folder)
    return folder


@pytest.fixture(scope="module")
def browser(run):
    """A browser at the report's first page; a dialog would fail the first command after it."""
    with opened(run / "report/report.html") as driver:
        yield driver


def shown(browser):
    """The text that a person sees."""
    return browser.find_element(By.TAG_NAME, "body").text


def harmless(browser):
    """Whether no element is there that only a name can have made, and no error was told."""
    made = browser.find_elements(By.CSS_SELECTOR, "img[src=x], svg[onload], a[href*=alert]")
    return not made and not console_errors(browser)


def test_nothing_was_run_on_the_way(run):
    assert not list(run.rglob("hacked"))
    assert "\x1b" not in (run / "results/small/lab/answer.rst").read_text(encoding="utf-8")


def test_the_first_page_shows_the_files_name(browser):
    WebDriverWait(browser, 20).until(lambda _: browser.find_elements(By.CSS_SELECTOR, ".prose"))
    seen = FILE.replace("\n", "\\n")
    assert f"150 rows of {seen}: 150 accepted" in " ".join(shown(browser).split())
    assert "System Message" not in shown(browser)
    assert harmless(browser)


def test_what_is_said_of_each_item(browser):
    """The parameters of its rule, with the columns' names."""
    for path, item in browser.execute_script("return results").items():
        browser.execute_script("app.showResultInfo(arguments[0])", path)
        assert item["job_properties"]["rule"] in shown(browser)
        assert harmless(browser)


def test_every_rule(browser):
    """Its inputs, the user's files among them."""
    for rule in browser.execute_script("return Object.keys(rules)"):
        browser.execute_script(
            "app.setView({navbarMode: 'ruleinfo', ruleinfo: arguments[0]})", rule
        )
        assert rule in shown(browser)
        assert harmless(browser)


def test_every_page_shows_names_as_text(run, browser):
    pages = sorted(run.glob("report/data/**/*.html")) + sorted(run.glob("report/data/**/*.svg"))
    assert len(pages) > 5
    for page in pages:
        browser.get(page.as_uri())
        assert harmless(browser), unquote(page.name)
    ranking = next(page for page in pages if page.name == "ranking.html")
    browser.get(ranking.as_uri())
    text = shown(browser)
    for number, name in enumerate(TEXTS[:4]):
        assert f"{name}{number}" in text

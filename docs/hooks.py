"""MkDocs hooks: pages that are generated from the code, and links to files of the repository."""

import graphlib
import inspect
import re
import sys
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from aptarank import api
from aptarank.config.config_file import as_yaml, full_default
from aptarank.config.model_kinds import KINDS
from aptarank.config.schema import schema
from aptarank.workflow.code_inputs import imported_modules, package_imports

CONFIGURATION = """# Configuration

Every key with its default. Your file, `snakemake --configfile mine.yaml`, overrides only the keys
that it names. `config.yaml` shows the same keys, to copy from. An error is reported
with the key, its value and the values that are allowed.

"""
ARCHITECTURE = """
## Rules, scripts and modules

| rule | what it does | script | modules of its own |
|---|---|---|---|
"""
PACKAGES = """
## Packages

Each package imports only from packages below it in the drawing. An arrow points to what is
imported; arrows that follow from others are left out of the drawing, and all are in the table.

![Which package imports from which](packages.svg)

| package | imports from |
|---|---|
"""
ROW = 26  # height of a package in the drawing, in pixels
COMMON = 6  # number of scripts from which on a module counts as common to all


def on_files(files, config):
    """Add the page that is generated from the schema, and the drawing of the packages."""
    text = CONFIGURATION + reference(schema())
    files.append(File.generated(config, "configuration.md", content=text))
    files.append(File.generated(config, "packages.svg", content=drawing(package_imports())))
    return files


def on_page_markdown(markdown, page, **_):
    """Replace links to files of the repository by their names; add tables to the architecture."""
    if page.file.src_uri == "architecture.md":
        markdown += PACKAGES + packages() + ARCHITECTURE + rules_and_modules()
    if page.file.src_uri == "library.md":
        markdown += interface()
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", markdown)


def reference(whole: dict) -> str:
    """One section for each key of the config that is a mapping; a table of the others."""

    def resolved(entry: dict) -> dict:
        name = entry.get("$ref", "").rpartition("/")[2]
        return {**whole["$defs"][name], **entry} if name else entry

    def table(keys: dict) -> str:
        lines = ["| key | default | allowed values | meaning |", "|---|---|---|---|"]
        for key, entry in keys.items():
            entry = resolved(entry)
            about = in_html(entry).replace("|", "\\|")
            default = f"`{as_yaml(full_default(entry))}`" if "default" in entry else ""
            lines.append(f"| `{key}` | {default} | {allowed(entry)} | {about} |")
        return "\n".join(lines)

    def section(name: str, entry: dict) -> str:
        head = f"## {in_html({'description': name})}\n\n{in_html(entry)}"
        return f"{head}\n\n{table(entry['properties'])}\n\n"

    simple, parts = {}, ""
    for kind in KINDS:
        parts += section(f"models.<name>, kind {kind}", whole["$defs"][kind])
    for key, entry in whole["properties"].items():
        entry = resolved(entry)
        inner = entry.get("additionalProperties")
        if "properties" in entry:
            parts += section(key, entry)
        elif isinstance(inner, dict) and "properties" in (inner := resolved(inner)):
            parts += section(f"{key}.<name>", {"description": entry["description"], **inner})
        else:
            simple[key] = entry
    return f"{table(simple)}\n\n{parts}"


def interface() -> str:
    """The functions of aptarank.api with their docstrings."""
    text = ""
    for name in api.__all__:
        function = getattr(api, name)
        head = f"{name}{inspect.signature(function)}"
        text += f"\n## {name}\n\n```text\n{head}\n\n{inspect.getdoc(function)}\n```\n"
    return text


def in_html(entry: dict) -> str:
    """A description on one line, with <names> escaped."""
    text = " ".join(entry.get("description", "").split())
    return text.replace("<", "&lt;").replace(">", "&gt;")


def allowed(entry: dict) -> str:
    """The allowed values of a key as text."""
    if "enum" in entry:
        return ", ".join(f"`{as_yaml(value)}`" for value in entry["enum"])
    kinds = entry.get("type", "")
    text = " or ".join([kinds] if isinstance(kinds, str) else kinds)
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    limits = [f"{sign} {entry[key]:g}" for key, sign in signs.items() if key in entry]
    return ", ".join([text, *limits])


def packages() -> str:
    """A table of the imports of each package, the lowest first."""
    imports = package_imports()
    return "".join(f"| `{n}` | {', '.join(sorted(imports[n]))} |\n" for n in lowest_first(imports))


def lowest_first(imports: dict[str, set[str]]) -> list[str]:
    """Packages in an order in which each imports only from those before it."""
    return list(
        graphlib.TopologicalSorter({n: sorted(i) for n, i in imports.items()}).static_order()
    )


def drawing(imports: dict[str, set[str]]) -> str:
    """The packages as SVG, the lowest at the bottom, with an arrow for each import that does not
    follow from others."""
    order = lowest_first(imports)
    reached: dict[str, set[str]] = {}  # from each package, also by way of others
    for name in order:
        reached[name] = imports[name].union(*(reached[other] for other in imports[name]))
    height = {name: ROW * (len(order) - number) for number, name in enumerate(order)}
    shapes = []
    for name in order:
        shapes.append(f'<text x="150" y="{height[name] + 4}" text-anchor="end">{name}</text>')
        for other in sorted(imports[name]):
            if not any(other in reached[between] for between in imports[name]):
                start, end = height[name], height[other]
                bend = 165 + 12 * (end - start) // ROW * 2
                shapes.append(
                    f'<path d="M158 {start} C{bend} {start} {bend} {end} 160 {end}" fill="none" '
                    'stroke="#0072b2" marker-end="url(#arrow)"/>'
                )
    size = f'width="300" height="{ROW * (len(order) + 1)}"'
    arrow = (
        '<marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" '
        'orient="auto"><path d="M0 0L8 4L0 8z" fill="#0072b2"/></marker>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="14">'
        f"<defs>{arrow}</defs>{''.join(shapes)}</svg>"
    )


def dotted(module: str) -> str:
    """A module as package.name."""
    parts = Path(module).with_suffix("").parts
    return ".".join(parts[parts.index("aptarank") + 1 :])


def rules_and_modules() -> str:
    """A table of rules: description, script, and modules that few other scripts import."""
    rules = {}
    for path in sorted((ROOT / "rules").glob("*.smk")):
        text = path.read_text(encoding="utf-8")
        for rule, body in re.findall(r"^rule (\w+):\n((?: .*\n|\n)+)", text, re.M):
            if name := re.search(r'script\("(\w+)"\)', body):
                modules = imported_modules(str(ROOT / f"scripts/{name[1]}.py"))
                about = in_html({"description": re.match(r' +"(.*)"\n', body)[1]})
                own = [dotted(path) for path in modules if not path.endswith("__init__.py")]
                rules[rule] = about, name[1], own
    scripts = {name: set(modules) for _, name, modules in rules.values()}
    every = [module for modules in scripts.values() for module in modules]
    lines = [
        f"| `{rule}` | {about} | `{name}.py` | "
        + ", ".join(sorted(module for module in modules if every.count(module) < COMMON))
        + " |"
        for rule, (about, name, modules) in rules.items()
    ]
    common = ", ".join(sorted({module for module in every if every.count(module) >= COMMON}))
    return "\n".join(lines) + f"\n\nMost scripts also import: {common}.\n"

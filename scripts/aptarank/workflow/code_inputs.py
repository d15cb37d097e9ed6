"""Find the modules of aptarank that a script imports, so that a rule can declare them as inputs."""

import ast
import functools
from collections.abc import Iterable, Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def imported_modules(script: str) -> list[str]:
    """Return the paths of the modules of `aptarank` that a script imports, also through others.

    They are found in the syntax, without importing anything. Paths are relative if `script` is, and
    sorted by name. The `__init__.py` of each package on the way is among them, but not that of
    `aptarank` itself, unless a module imports its version: no other result depends on it.
    """
    folder = Path(script).parent / PACKAGE.name
    modules: set[Path] = set()
    waiting = [Path(script)]
    while waiting:
        new = direct_imports(waiting.pop(), folder) - modules
        modules |= new
        waiting.extend(new)
    return sorted(map(str, modules))


def package_imports() -> dict[str, set[str]]:
    """Return, for each package of `aptarank`, the other packages that its modules import."""
    imports = {}
    for package in sorted(path.parent for path in PACKAGE.glob("*/__init__.py")):
        modules = {m for file in package.glob("*.py") for m in direct_imports(file, PACKAGE)}
        imported = {module.parent.name for module in modules} - {PACKAGE.name, package.name}
        imports[package.name] = imported
    return imports


def direct_imports(file: Path, folder: Path) -> set[Path]:
    """Return the modules in `folder` that a file imports by `import` or `from … import`."""
    files = possible_files(file.read_text(encoding="utf-8"), folder)
    return {path for path in files if path.is_file()}


@functools.cache
def possible_files(source: str, folder: Path) -> frozenset[Path]:
    """Return the files in `folder` that a source may import; a name may also be no module's.

    Kept by the source itself: most scripts share their modules, and an edited file is read again.
    """
    files = set()
    for package, *rest in (name.split(".") for name in imported_names(ast.parse(source).body)):
        if package == PACKAGE.name:
            inner = range(1, len(rest))
            files |= {folder.joinpath(*rest[:depth], "__init__.py") for depth in inner}
            module = folder.joinpath(*rest)
            files.add(module.with_suffix(".py") if rest else module / "__init__.py")
    return frozenset(files)


def imported_names(statements: Iterable[ast.AST]) -> Iterator[str]:
    """What statements import, also within others: modules, and `module.name` of each name from one.

    Expressions hold no import, and are most of the syntax tree: they are passed over.
    """
    for node in statements:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                yield from imported_names(getattr(node, part, []))

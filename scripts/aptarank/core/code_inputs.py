"""Which modules of ours a script imports, so that a rule can declare them as inputs."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1]


def imported_modules(script: str) -> list[str]:
    """Paths of the modules of `aptarank` that `script` imports, directly or through others.

    Found in the syntax alone, without importing anything. Paths are relative where `script` is, and
    in order of their name; the `__init__.py` of each package on the way is among them.
    """
    folder = Path(script).parent / PACKAGE.name
    found: set[Path] = {folder / "__init__.py"}
    waiting = [Path(script)]
    while waiting:
        new = direct_imports(waiting.pop(), folder) - found
        found |= new
        waiting.extend(new)
    return sorted(map(str, found))


def direct_imports(file: Path, folder: Path) -> set[Path]:
    """Modules in `folder` that one file imports by `import` or `from … import`."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    files = set()
    for package, *rest in (name.split(".") for name in names):
        if package == PACKAGE.name:
            files |= {folder.joinpath(*rest[:depth], "__init__.py") for depth in range(len(rest))}
            files.add(folder.joinpath(*rest).with_suffix(".py"))
    return {path for path in files if path.is_file()}

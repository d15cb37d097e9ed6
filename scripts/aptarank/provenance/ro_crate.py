"""The RO-Crate of a run: workflow, inputs and results as linked data, for catalogues.

It conforms to Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5), and hence to
Workflow RO-Crate 1.0, which WorkflowHub reads, and to RO-Crate 1.1. No time is recorded, so that
the same results give the same bytes.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import quote

import yaml

from aptarank.config.schema import HOME
from aptarank.core.result_files import CRATE, WORKFLOW
from aptarank.provenance.manifest import MANIFEST

CITATION = HOME / "CITATION.cff"
PINS = HOME / "requirements.txt"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
WORKFLOW_PROFILE = "https://w3id.org/workflowhub/workflow-ro-crate"
PROFILES = {  # name and version by URI
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    f"{WORKFLOW_PROFILE}/1.0": ("Workflow RO-Crate", "1.0"),
}
# RO-Crate has no property for a checksum; this is that of the run profiles.
CONTEXT = [f"{SPECIFICATION}/context", {"sha256": "https://w3id.org/ro/terms/workflow-run#sha256"}]
SPDX = "https://spdx.org/licenses/"
NO_LICENSE = "Not given: ask whoever made this run. (publish.license in its config states one.)"
MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".rst": "text/x-rst",
    ".svg": "image/svg+xml",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
}


def run_crate(manifest: Mapping, folder: Path, inputs: Sequence[Mapping], prefix: str = "") -> dict:
    """Return the RO-Crate metadata of a run.

    Args:
        manifest: what manifest.py writes.
        folder: of the results.
        inputs: entities of the user's files, of `inputs_outside` or `file_entity`.
        prefix: where the results are in the crate, such as `results/mine/`.
    """
    config, citation = manifest["config"], read_citation()
    results = [
        file_entity(prefix + name, folder / name, file["sha256"])
        for name, file in manifest["outputs"].items()
        if name != WORKFLOW
    ]
    # Without a checksum: it records the machine, on which nothing else here depends.
    record = file_entity(prefix + MANIFEST) | {
        "name": "Manifest",
        "description": "Config, versions, machine and checksums of the run",
        "about": {"@id": "#run"},
    }
    authors, licenses = author_entities(citation), license_entities(citation, config)
    workflow = workflow_entity(manifest, folder, prefix, citation) | {"author": refs(authors)}
    files = [workflow, record, *results, *(each for each in inputs if each["@type"] == "File")]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": [{"@id": profile} for profile in PROFILES],
        "name": f"aptarank run {config['run']}",
        "description": "Models that tell which of two aptamers is fitter, learned from "
        f"{', '.join(config['datasets'])}, with their evaluation, exports and uses. The date is "
        "that of the release of aptarank: a clock would change the bytes of this file.",
        "datePublished": str(citation["date-released"]),
        "license": given_license(config),
        "keywords": ", ".join(citation.get("keywords", ())),
        "mainEntity": {"@id": workflow["@id"]},
        "mentions": {"@id": "#run"},
        "hasPart": refs(files),
    }
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": f"Run {config['run']}",
        "description": f"The config is in {prefix}{MANIFEST}",
        "instrument": {"@id": workflow["@id"]},
        "object": refs(inputs),
        "result": refs(results),
    }
    outside = [each for each in inputs if each["@type"] != "File"]
    about = [*profile_entities(), *licenses, *authors, snakemake_entity()]
    return {
        "@context": CONTEXT,
        "@graph": [descriptor(), root, *files, action, *outside, *about],
    }


def descriptor() -> dict:
    """Return the entity of the metadata file itself."""
    return {
        "@id": CRATE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": refs([{"@id": SPECIFICATION}, {"@id": f"{WORKFLOW_PROFILE}/1.0"}]),
    }


def file_entity(name: str, path: Path | None = None, sha256: str | None = None) -> dict:
    """Return the entity of a file in the crate; the size is that of `path`."""
    found = {
        "contentSize": str(path.stat().st_size) if path else None,
        "encodingFormat": MEDIA_TYPES.get(PurePosixPath(name).suffix),
        "sha256": sha256,
    }
    return {"@id": as_uri(name), "@type": "File"} | without_nothing(found)


def inputs_outside(inputs: Mapping[str, Mapping[str, str]]) -> list[dict]:
    """Return entities of the user's files, which are not in the folder of the results.

    Hence they are no files of the crate, which must be in it or on the web.
    """
    return [
        {"@id": f"#input-{number}", "@type": "CreativeWork", "name": name, **file}
        for number, (name, file) in enumerate(inputs.items(), start=1)
    ]


def workflow_entity(manifest: Mapping, folder: Path, prefix: str, citation: Mapping) -> dict:
    """Return the entity of the Snakefile, the main one of the crate."""
    git = manifest["git"]
    commit = f"commit {git['commit']}" if git else "a copy that is not in a git repository"
    modified = " with changes" if git and git["modified"] else ""
    doi = citation.get("doi")
    about = {
        "name": citation["title"],
        "description": f"Entry point of aptarank; its rules and scripts are in {commit}{modified}",
        "version": manifest["aptarank"],
        "encodingFormat": "text/plain",
        "license": {"@id": SPDX + citation["license"]},
        "programmingLanguage": {"@id": f"{WORKFLOW_PROFILE}#snakemake"},
        "url": citation.get("repository-code"),
        "citation": {"@id": f"https://doi.org/{doi}"} if doi else None,
    }
    checksum = manifest["outputs"][WORKFLOW]["sha256"]
    return (
        file_entity(prefix + WORKFLOW, folder / WORKFLOW, checksum)
        | {"@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"]}
        | without_nothing(about)
    )


def snakemake_entity() -> dict:
    """Return the entity of Snakemake, in the version with which aptarank is tested."""
    pins = PINS.read_text(encoding="utf-8").splitlines()
    version = next(pin.split("==")[1] for pin in pins if pin.startswith("snakemake=="))
    return {
        "@id": f"{WORKFLOW_PROFILE}#snakemake",
        "@type": "ComputerLanguage",
        "name": "Snakemake",
        "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
        "url": {"@id": "https://snakemake.readthedocs.io"},
        "version": version,
    }


def profile_entities() -> list[dict]:
    """Return the entities of the profiles to which the crate conforms."""
    return [
        {"@id": uri, "@type": "CreativeWork", "name": name, "version": version}
        for uri, (name, version) in PROFILES.items()
    ]


def given_license(config: Mapping) -> str | dict[str, str]:
    """Return the licence of the run: a reference, or a text that says that there is none."""
    spdx = config["publish"]["license"]
    return {"@id": SPDX + spdx} if spdx else NO_LICENSE


def license_entities(citation: Mapping, config: Mapping) -> list[dict]:
    """Return the entities of the licences of aptarank and of the run."""
    names = dict.fromkeys([citation["license"], config["publish"]["license"]])
    return [
        {
            "@id": SPDX + spdx,
            "@type": "CreativeWork",
            "name": spdx,
            "description": f"Licence {spdx} of the SPDX list",
        }
        for spdx in names
        if spdx
    ]


def author_entities(citation: Mapping) -> list[dict]:
    """Return the entities of the authors of aptarank: people, or organisations with one name."""
    return [
        {
            "@id": author.get("orcid", f"#author-{number}"),
            "@type": "Organization" if "name" in author else "Person",
            "name": author.get("name")
            or f"{author.get('given-names', '')} {author.get('family-names', '')}".strip(),
        }
        for number, author in enumerate(citation["authors"], start=1)
    ]


def read_citation() -> dict:
    """Read CITATION.cff of aptarank."""
    return yaml.safe_load(CITATION.read_text(encoding="utf-8"))


def refs(entities: Iterable[Mapping]) -> list[dict[str, str]] | dict[str, str]:
    """Return references to entities; a single one without a list, as compacted JSON-LD has it."""
    found = [{"@id": entity["@id"]} for entity in entities]
    return found[0] if len(found) == 1 else found


def as_uri(name: str) -> str:
    """Return the path of a file as a relative URI; letters of any alphabet stay as they are."""
    return re.sub(r'[\0-\x20"#%:<>?\[\\\]^`{|}\x7f]', lambda match: quote(match[0]), name)


def without_nothing(entity: Mapping) -> dict:
    """Return an entity without the properties that are None."""
    return {key: value for key, value in entity.items() if value is not None}

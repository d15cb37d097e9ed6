"""Names of licences in SPDX and on the Hugging Face Hub."""

import re

# https://huggingface.co/docs/hub/repositories-licenses
NAMES = """
afl-3.0 agpl-3.0 apache-2.0 artistic-2.0 bigcode-openrail-m bigscience-bloom-rail-1.0
bigscience-openrail-m bsd bsd-2-clause bsd-3-clause bsd-3-clause-clear bsl-1.0 c-uda cc
cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nc-nd-3.0
cc-by-nc-nd-4.0 cc-by-nc-sa-2.0 cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cc-by-nd-4.0 cc-by-sa-3.0
cc-by-sa-4.0 cc0-1.0 cdla-permissive-1.0 cdla-permissive-2.0 cdla-sharing-1.0
creativeml-openrail-m ecl-2.0 epl-1.0 epl-2.0 etalab-2.0 eupl-1.1 gfdl gpl gpl-2.0 gpl-3.0 isc
lgpl lgpl-2.1 lgpl-3.0 lgpl-lr lppl-1.3c mit mpl-2.0 ms-pl ncsa odbl odc-by ofl-1.1 openrail
openrail++ osl-3.0 other pddl postgresql unknown unlicense wtfpl zlib
"""
ON_THE_HUB = frozenset(NAMES.split())


def license_fields(spdx: str | None) -> dict[str, str]:
    """Return a card's fields for a licence: `license`, and `license_name` if the Hub has no name.

    None becomes `unknown`. The Hub does not distinguish SPDX's `-only` and `-or-later`.
    """
    if spdx is None:
        return {"license": "unknown"}
    name = spdx.lower()
    short = re.sub("-(only|or-later)$", "", name)
    if short in ON_THE_HUB:
        return {"license": short}
    return {"license": "other", "license_name": name}

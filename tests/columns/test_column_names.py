"""A column is known by its whole name: what it is, whether it may be the score, which is better."""

import pytest

from aptarank.columns.column_names import meaning_of, unit_of
from aptarank.columns.lookup import plain_name

# Of each name: may it be the score, and which values are better.
NAMES = {
    ("score", "higher"): (
        *("pKd", "pKd_value", "p Kd", "pIC50", "-log10 Kd", "−log10(Kd)", "neg_log10_Kd"),
        *("negLogKd", "negative log Kd", "minus log10 IC50"),
        *("(-)log Kd", "1/Kd", "1 / IC50", "-Kd"),
        *("enrichment", "log2 enrichment", "LOG2_ENRICHMENT", "fold enrichment", "log2E"),
        *("enrichment_score", "enrichment ratio"),
        *("normalised enrichment", "fitness", "log fitness"),
        *("reads", "Count", "read count", "number of reads", "duplicate", "RPM", "CPM", "log2 RPM"),
        *("frequency", "fraction of reads", "counts per million"),
    ),
    ("score", "lower"): (
        *("Kd", "KD", "K_D [nM]", "Kd (nM)", "Kd_app", "mean Kd", "Kd ± SD (nM)", "kd value"),
        *("log2_Kd", "log2(Kd)", "log10 IC50", "lnKd", "ln Kd", "IC50 (uM)", "EC-50", "Ki"),
        *("dissociation constant (nM)", "median IC50", "Log_10 Kd", "Kd / nM", "binding Kd (nM)"),
        *("-pKd", "1/pKd", "-fitness", "−enrichment", "-RPM", "- reads"),
    ),
    ("score", ""): ("score", "Scores", "Entropy", "energy", "binding energy", "affinity score"),
    ("likely", "lower"): (
        *("Kd thrombin", "logkd_lig", "Kd (10^-9 M)", "IC50_HeLa"),
        *("KD efficiency", "kdScore", "Kd_score", "Kd (kcal/mol)", "Kd (100 nM)", "Kd (nM, SPR)"),
    ),
    ("likely", "higher"): (
        *("Reads (y)", "Reads.p", "RPM.a", "RPM_R3", "R3RPM", "enrichment_cb", "log2E_ba"),
        *("Enrichment (z/x)", "enrichment thrombin", "pKd thrombin"),
    ),
    ("likely", ""): (
        *("Kd (/nM)", "Kd [1/nM]", "Kd (M^-1)", "Kd (M⁻¹)", "kd (1/s)", "kd [1/s]", "Kd (s-1)"),
        *("Relative Score", "DMS_score", "z-score", "fold change", "logFC", "log2FoldChange", "FC"),
        *("Kd ratio", "relative Kd", "Kd fold change", "ΔKd", "delta Kd", "Kd_WT/Kd_mut"),
        *("normalized Kd", "Kd (% of wt)", "ΔG", "-ΔG"),
        *("dG (kcal/mol)", "deltaG", "ddG", "Ka (M-1)"),
        *("kon/koff", "koff", "inhibition (%)", "% bound", "residual activity", "Ct", "RFU", "Tm"),
        *("fraction bound", "frequency of cleavage"),
        *("Count cells", "RPM R5/RPM R0", "delta enrichment"),
        *("Relative fitness", "log odds", "affinity"),
    ),
    ("other", ""): (
        *("Kd error", "KdError", "Kd_SEM", "SD of Kd (nM)", "IC50 SE", "IC50SE", "pKd error"),
        *("enrichment_pvalue", "enrichment_p", "enrichment q-value", "enrichment FDR", "padj"),
        *("adj.P.Val", "p.value", "P Value", "log2 p-value", "-log10(p)", "neglog10p", "Pr(>|t|)"),
        *("enrichment_rank", "Rank", "Rank (x)", "score rank", "enrichment_se", "lfcSE", "stderr"),
        *("Kd, 95% CI", "Kd variance", "Kd CV"),
        *("Kd n", "n", "score standard deviation", "r squared"),
        *("RPM_R3_negative", "mock", "counter enrichment"),
        *("naive reads", "input RPM", "R3 control"),
        *("Kd (negative control)", "reads flow-through", "off-target Kd", "Kd comment"),
        *("name", "target", "TIR", "log_AR", ""),
    ),
    ("other", "lower"): ("Kd min", "Kd upper"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "role", "better"),
    [(name, *said) for said, names in NAMES.items() for name in names],
)
def test_a_column_is_known_by_its_whole_name(name, role, better):
    found = meaning_of(name)
    assert (found.role, found.better) == (role, better)
    assert not found.better or found.because


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("Kd (nM)", "it is a Kd"),
        ("log2_IC50", "it is the logarithm of an IC50"),
        ("-log10(Kd)", "it is the negative logarithm of a Kd"),
        ("pKd", "it is a pKd"),
        ("log2FoldChange", "it is the logarithm of a fold change"),
        ("1/Kd", "it is one over a Kd"),
        ("relative Kd", "it is a Kd, but in relation to something"),
        ("enrichment_pvalue", "it is a p-value"),
        ("RPM mock", "'mock' is a counter selection, a control or a start, which is no fitness"),
    ],
)
def test_the_reason_is_said(name, because):
    assert meaning_of(name).because == because


def test_a_field_that_is_no_name_takes_no_time():
    assert meaning_of("ACGT" * 250_000).role == "other"


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        *(("Kd (nM)", "nM"), ("Kd_uM", "uM"), ("Kd / nM", "nM"), ("IC50", ""), ("Ka (M-1)", "")),
        ("Kd (10^-9 M)", ""),
    ],
)
def test_the_unit_of_a_name(name, unit):
    assert unit_of(name) == unit
    assert plain_name("Random_Region ") == "random region"

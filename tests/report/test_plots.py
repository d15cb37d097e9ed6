"""Plots of what is not defined: a test so small that all its pairs have one label."""

import warnings

import numpy as np

from aptarank.report import plots


def test_one_label(tmp_path):
    label, probability = np.zeros(1), np.array([0.3])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that there is no positive label
        plots.plot_roc(label, probability, None, tmp_path / "roc.svg")
        plots.plot_precision_recall(label, probability, None, tmp_path / "precision.svg")
    for name in ("roc", "precision"):
        assert "not defined" in (tmp_path / f"{name}.svg").read_text()


def test_no_correlation(tmp_path):
    same = np.ones(2)
    plots.plot_ranking(same, same, np.array(["", ""]), None, tmp_path / "ranking.svg")
    assert "not defined" in (tmp_path / "ranking.svg").read_text()

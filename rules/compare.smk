rule compare:
    "Compare all models and baselines of a dataset in one table."
    input:
        script=script("compare"),
        modules=modules("compare"),
        metrics=lambda wildcards: models_and_blend(
            "<run>/{dataset}/{fold}{model}/seed-{seed}/metrics.json", wildcards.dataset
        ),
        logits=lambda wildcards: models_and_blend(
            "<run>/{dataset}/{fold}{model}/seed-{seed}/logits.parquet",
            wildcards.dataset,
        ),
        baselines=expand(
            "<data>/{fold}baselines.csv", fold=fold_folders(), allow_missing=True
        ),
        probabilities=expand(
            "<data>/{fold}baselines.parquet", fold=fold_folders(), allow_missing=True
        ),
    output:
        table="<data>/comparison.csv",
        summary=report(
            "<data>/comparison/summary.csv",
            caption="../report/models.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("models", "csv"),
        ),
        page=report(
            "<data>/comparison/summary.html",
            caption="../report/models.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("models", "html"),
        ),
        paired=report(
            "<data>/comparison/paired.csv",
            caption="../report/paired.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("paired", "csv"),
        ),
        models_plot=report(
            "<data>/comparison/models.svg",
            caption="../report/models.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("models"),
        ),
        paired_plot=report(
            "<data>/comparison/paired.svg",
            caption="../report/paired.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("paired"),
        ),
    log:
        "<data>/logs/compare.log",
    benchmark:
        "<data>/benchmarks/compare.tsv"
    conda:
        "../envs/report.yaml"
    params:
        logits=option_per_file("logits", "logits"),
        baselines=option_per_file("baselines", "baselines"),
        probabilities=option_per_file("probabilities", "probabilities"),
        resamples=config["evaluation"]["resamples"],
        seed=config["evaluation"]["seed"],
        folder=lambda wildcards, output: os.path.dirname(output.summary),
    shell:
        "python {input.script:q} {input.metrics:q} {params.logits:q} {params.baselines:q}"
        " {params.probabilities:q} --resamples {params.resamples} --resampling-seed {params.seed}"
        " -o {output.table:q} --folder {params.folder:q} --log {log:q}"

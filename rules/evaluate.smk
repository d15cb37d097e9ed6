rule evaluate:
    "Compute the metrics of one model's predictions, with intervals, and plot them."
    input:
        script=script("evaluate"),
        modules=modules("evaluate"),
        logits="<model>/logits.parquet",
        scores="<model>/scores.csv",
        aptamers="<data>/aptamers.csv",
        model="<model>/model",
        history="<model>/history.csv",
    output:
        metrics="<model>/metrics.json",
        plots=report(
            directory("<model>/plots"),
            patterns=["{figure}.{kind}"],
            caption="../report/evaluation.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels_in_folder,
        ),
    log:
        "<fold>/logs/{model}/seed-{seed}/evaluate.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/evaluate.tsv"
    conda:
        "../envs/report.yaml"
    params:
        fold=fold_option,
        reference=REFERENCE,
        resamples=config["evaluation"]["resamples"],
        seed=config["evaluation"]["seed"],
    shell:
        "python {input.script:q} --logits {input.logits:q} --scores {input.scores:q}"
        " --aptamers {input.aptamers:q} --model {input.model:q} --history {input.history:q}"
        " --dataset {wildcards.dataset:q} --name {wildcards.model:q} --seed {wildcards.seed}"
        " {params.fold:q} {params.reference:q} --resamples {params.resamples}"
        " --resampling-seed {params.seed}"
        " -o {output.metrics:q} --plots {output.plots:q} --log {log:q}"

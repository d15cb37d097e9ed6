# On validation pairs, since settings must not be chosen by the test aptamers.
rule sweep:
    "Compare the trainings of a sweep."
    input:
        script=script("sweep"),
        modules=modules("sweep"),
        histories=lambda wildcards: [path for _, path in sweep_runs(wildcards.dataset)],
    output:
        table="<data>/sweep/sweep.csv",
        summary=report(
            "<data>/sweep/summary.csv",
            caption="../report/sweep.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("heatmap", "csv"),
        ),
        plot=report(
            "<data>/sweep/heatmap.svg",
            caption="../report/sweep.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("heatmap"),
        ),
    log:
        "<data>/logs/sweep.log",
    benchmark:
        "<data>/benchmarks/sweep.tsv"
    conda:
        "../envs/report.yaml"
    params:
        runs=lambda wildcards, input: shell_words(
            word
            for (run, _), path in zip(sweep_runs(wildcards.dataset), input.histories)
            for word in ("--run", json.dumps(run), path)
        ),
    shell:
        "python {input.script:q} {params.runs}"
        " -o {output.table:q} --summary {output.summary:q} --plot {output.plot:q} --log {log:q}"

rule recommend:
    "Choose the fastest form of a model that is accurate enough."
    input:
        script=script("recommend"),
        modules=modules("recommend"),
        variants=expand(
            "<model>/variants/{variant}", variant=every_variant(), allow_missing=True
        ),
        timings="<model>/speed/timings.csv",
    output:
        table=report(
            "<model>/speed/benchmark.csv",
            caption="../report/speed.rst",
            category="Speed",
            subcategory="{dataset}",
            labels=report_labels("pareto", "csv"),
        ),
        page=report(
            "<model>/speed/benchmark.html",
            caption="../report/speed.rst",
            category="Speed",
            subcategory="{dataset}",
            labels=report_labels("pareto", "html"),
        ),
        text="<model>/speed/benchmark.md",
        plot=report(
            "<model>/speed/pareto.svg",
            caption="../report/speed.rst",
            category="Speed",
            subcategory="{dataset}",
            labels=report_labels("pareto"),
        ),
        chosen="<model>/speed/recommended.json",
    log:
        "<fold>/logs/{model}/seed-{seed}/recommend.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/recommend.tsv"
    conda:
        "../envs/report.yaml"
    params:
        folder=lambda wildcards, output: os.path.dirname(output.table),
        name=lambda wildcards: f"{wildcards.dataset}/{wildcards.model}",
        batch_size=config["speed"]["batch_size"],
        loss=config["speed"]["loss"],
    shell:
        "python {input.script:q} {input.variants:q} --timings {input.timings:q}"
        " --batch-size {params.batch_size} --loss {params.loss}"
        " --name {params.name:q} -o {params.folder:q} --log {log:q}"

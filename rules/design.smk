rule design:
    "Design new aptamers with a trained model, by a genetic algorithm."
    input:
        script=script("design"),
        modules=modules("design"),
        onnx=lambda wildcards: used_models("design", "onnx/model.onnx"),
        models=lambda wildcards: used_models("design", "model"),  # their tokenizers
        aptamers=lambda wildcards: used_data("design", "aptamers.csv"),
    output:
        table=report(
            "<run>/design/designed.csv",
            caption="../report/designed.rst",
            category="Ranking and design",
            subcategory="Design",
            labels=report_labels("Designed aptamers", "csv"),
        ),
        page=report(
            "<run>/design/designed.html",
            caption="../report/designed.rst",
            category="Ranking and design",
            subcategory="Design",
            labels=report_labels("Designed aptamers", "html"),
        ),
        history=report(
            "<run>/design/generations.csv",
            caption="../report/design.rst",
            category="Ranking and design",
            subcategory="Design",
            labels=report_labels("Generation by generation", "csv"),
        ),
        lineage="<run>/design/lineage.csv",
        plot=report(
            "<run>/design/design.svg",
            caption="../report/design.rst",
            category="Ranking and design",
            subcategory="Design",
            labels=report_labels("Generation by generation"),
        ),
    log:
        "<run>/logs/design.log",
    benchmark:
        "<run>/benchmarks/design.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        models=option_per_file("model", "onnx"),
        options=lambda wildcards: shell_words(design_options()),
        device=config["device"],
    shell:
        "python {input.script:q} {params.models:q} --known {input.aptamers:q} {params.options}"
        " --device {params.device} --threads {threads} -o {output.table:q}"
        " --history {output.history:q} --lineage {output.lineage:q} --plot {output.plot:q}"
        " --log {log:q}"

rule explain:
    "Explain what a trained model says: which bases matter, how short aptamers can be."
    input:
        script=script("explain"),
        modules=modules("explain"),
        onnx=lambda wildcards: used_models("explain", "onnx/model.onnx"),
        models=lambda wildcards: used_models("explain", "model"),  # their tokenizers
        expected=lambda wildcards: expected_of("explain"),
        measured=lambda wildcards: explained_from(),
    output:
        table=report(
            "<run>/explain/explained.csv",
            caption="../report/explain.rst",
            category="Ranking and design",
            subcategory="Explanation",
            labels=report_labels("What the model says of aptamers", "csv"),
        ),
        page=report(
            "<run>/explain/explained.html",
            caption="../report/explain.rst",
            category="Ranking and design",
            subcategory="Explanation",
            labels=report_labels("What the model says of aptamers", "html"),
        ),
        folder=report(
            directory("<run>/explain/maps"),
            patterns=["{aptamer}/{figure}.svg"],
            caption="../report/explain.rst",
            category="Ranking and design",
            subcategory="Explanation",
            labels=report_labels_of_aptamer,
        ),
    log:
        "<run>/logs/explain.log",
    benchmark:
        "<run>/benchmarks/explain.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(4000),
    params:
        models=option_per_file("model", "onnx"),
        expected=option_per_file("expected", "expected"),
        measured=lambda wildcards, input: shell_words(
            f"--{name}={path}" for name, path in zip(EXPLAINED_FROM, input.measured)
        ),
        options=lambda wildcards: shell_words(explain_options()),
        aptamers=lambda wildcards: shell_words(config["explain"]["aptamers"]),
        device=config["device"],
    shell:
        "python {input.script:q} {params.models:q} {params.expected:q} {params.measured}"
        " {params.options} --device {params.device} --threads {threads}"
        " -o {output.table:q} --maps {output.folder:q} --log {log:q} -- {params.aptamers}"

rule next:
    "Propose what to measure next, as a plate."
    input:
        script=script("next"),
        modules=modules("next"),
        candidates=lambda wildcards: next_candidates(),
        measured=lambda wildcards: measured_before(),
        onnx=lambda wildcards: next_models("onnx/model.onnx"),
        models=lambda wildcards: next_models("model"),  # their tokenizers
    output:
        plate=report(
            "<run>/next/plate.csv",
            caption="../report/next.rst",
            category="Ranking and design",
            subcategory="What to measure next",
            labels=report_labels("The plate", "csv"),
        ),
        page=report(
            "<run>/next/plate.html",
            caption="../report/next.rst",
            category="Ranking and design",
            subcategory="What to measure next",
            labels=report_labels("The plate", "html"),
        ),
        plot=report(
            "<run>/next/plate.svg",
            caption="../report/next.rst",
            category="Ranking and design",
            subcategory="What to measure next",
            labels=report_labels("Candidates, with those on the plate"),
        ),
    log:
        "<run>/logs/next.log",
    benchmark:
        "<run>/benchmarks/next.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(4000),
    params:
        content=lambda wildcards: checksum(files_of(config["next"]["candidates"])),
        models=option_per_file("model", "onnx"),
        options=lambda wildcards: shell_words(next_options()),
        measured=lambda wildcards, input: shell_words(
            f"--{name}={path}" for name, path in zip(OF_MEASURED, input.measured)
        ),
        device=config["device"],
    shell:
        "python {input.script:q} {params.measured} {params.models:q} {params.options}"
        " --device {params.device} --threads {threads} -o {output.plate:q} --log {log:q}"
        " -- {input.candidates:q}"

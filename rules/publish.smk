rule card:
    "Put a model, its tokenizer and its card into a folder that can be published."
    input:
        script=script("card"),
        modules=modules("card"),
        templates=templates("model_card.md", "usage.py"),
        model="<model>/model",
        onnx="<model>/onnx/model.onnx",
        variants=variants_to_publish,
        metrics="<model>/metrics.json",
        baselines="<fold>/baselines.csv",
        aptamers="<data>/aptamers.csv",
        ingestion="<data>/ingestion.json",
        split="<fold>/split.csv",
        audit="<fold>/audit/audit.csv",
    output:
        directory("<model>/repository"),
    log:
        "<fold>/logs/{model}/seed-{seed}/card.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/card.tsv"
    conda:
        "../envs/onnx.yaml"
    params:
        settings=lambda wildcards: shell_words([settings(wildcards)]),
        split=lambda wildcards: shell_words(
            [json.dumps(config["split"], sort_keys=True)]
        ),
        options=lambda wildcards: shell_words(card_options(wildcards)),
    shell:
        "python {input.script:q} {input.variants:q} --model {input.model:q} --onnx {input.onnx:q}"
        " --metrics {input.metrics:q} --baselines {input.baselines:q} --aptamers {input.aptamers:q}"
        " --ingestion {input.ingestion:q} --split {input.split:q} --audit {input.audit:q}"
        " --settings {params.settings} --split-settings {params.split} {params.options}"
        " -o {output:q} --log {log:q}"


# Runs only if it is requested by name, and then each time.
rule publish:
    "Upload the folder that the rule card writes to the Hugging Face Hub."
    input:
        script=script("publish"),
        modules=modules("publish"),
        folder=lambda wildcards: repository_to_publish(),
    log:
        "<run>/logs/publish.log",
    conda:
        "../envs/onnx.yaml"
    params:
        options=as_options({"repository": config["publish"]["repository"]}),
        private="--private" if config["publish"]["private"] else "--public",
        dry_run="--dry-run" if config["publish"]["dry_run"] else "--upload",
    shell:
        "python {input.script:q} {input.folder:q} {params.options:q} {params.private}"
        " {params.dry_run} --log {log:q}"

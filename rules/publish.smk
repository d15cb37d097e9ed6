# Each model as a repository for the Hugging Face hub, with its card.
rule card:
    input:
        script=script("card"),
        modules=modules("card"),
        model="<model>/model",
        onnx="<model>/onnx/model.onnx",
        variants=published_variants,
        metrics="<model>/metrics.json",
        baselines="<fold>/baselines.csv",
        ingestion="<data>/ingestion.json",
        aptamers="<data>/aptamers.csv",
        audit="<fold>/audit/audit.csv",
    output:
        directory("<model>/repository"),
    log:
        "<fold>/logs/{model}/seed-{seed}/card.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/card.tsv"
    conda:
        "../envs/report.yaml"
    params:
        variants=lambda wildcards, input: [
            f"--variant={path}" for path in input.variants
        ],
        settings=lambda wildcards: settings(wildcards),
        license=as_options({"license": config["publish"]["license"]}),
    shell:
        "python {input.script:q} --model {input.model:q} --onnx {input.onnx:q} {params.variants:q}"
        " --metrics {input.metrics:q} --baselines {input.baselines:q}"
        " --ingestion {input.ingestion:q} --aptamers {input.aptamers:q} --audit {input.audit:q}"
        " --dataset {wildcards.dataset:q} --settings {params.settings:q} {params.license:q}"
        " -o {output:q} --log {log:q}"


# Not part of a run: snakemake --cores 1 publish
rule publish:
    input:
        script=script("publish"),
        modules=modules("publish"),
        folder=lambda wildcards: used_models("publish", "repository")[0],
    log:
        f"results/{config['run']}/logs/publish.log",
    conda:
        "../envs/report.yaml"
    params:
        repository=as_options({"repository": config["publish"]["repository"]}),
        public=[] if config["publish"]["private"] else ["--public"],
        upload=[] if config["publish"]["dry_run"] else ["--upload"],
    shell:
        "python {input.script:q} {input.folder:q} {params.repository:q} {params.public:q}"
        " {params.upload:q} --log {log:q}"

rule expect:
    "Learn what a model's scores are in the scale of the data, with intervals."
    input:
        script=script("expect"),
        modules=modules("expect"),
        model="<model>/model",
        aptamers="<data>/aptamers.csv",
        ingestion="<data>/ingestion.json",
        split="<fold>/split.csv",
    output:
        expected="<model>/expected.json",
        coverage="<model>/coverage.csv",
        plot=report(
            "<model>/coverage.svg",
            caption="../report/coverage.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("Expected values"),
        ),
    log:
        "<fold>/logs/{model}/seed-{seed}/expect.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/expect.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        level=config["expected"]["level"],
        device=config["device"],
    shell:
        "python {input.script:q} --model {wildcards.model:q} {input.model:q}"
        " --aptamers {input.aptamers:q} --ingestion {input.ingestion:q} --split {input.split:q}"
        " --level {params.level} --device {params.device} --threads {threads}"
        " -o {output.expected:q} --coverage {output.coverage:q} --log {log:q}"


# In one job, since each of them takes only a second.
rule expect_predictors:
    "Learn what the cheap predictors' scores are in the scale of the data, with intervals."
    input:
        script=script("expect"),
        modules=modules("expect"),
        predictors="<fold>/predictors",
        aptamers="<data>/aptamers.csv",
        ingestion="<data>/ingestion.json",
        split="<fold>/split.csv",
    output:
        expected="<fold>/expected/expected.json",
        coverage="<fold>/expected/coverage.csv",
        plot=report(
            "<fold>/expected/coverage.svg",
            caption="../report/coverage.rst",
            category="Models",
            subcategory="{dataset}",
            labels=report_labels("Expected values of predictors"),
        ),
    log:
        "<fold>/logs/expect_predictors.log",
    benchmark:
        "<fold>/benchmarks/expect_predictors.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        level=config["expected"]["level"],
        device=config["device"],
    shell:
        "python {input.script:q} --predictors {input.predictors:q}"
        " --aptamers {input.aptamers:q} --ingestion {input.ingestion:q} --split {input.split:q}"
        " --level {params.level} --device {params.device} --threads {threads}"
        " -o {output.expected:q} --coverage {output.coverage:q} --log {log:q}"

rule measure:
    "Time all forms of a model, in turn, on one machine."
    input:
        script=script("measure"),
        modules=modules("measure"),
        variants=expand(
            "<model>/variants/{variant}", variant=every_variant(), allow_missing=True
        ),
        model="<model>/model",
        aptamers="<data>/aptamers.csv",
        test="<fold>/pairs/test.parquet",
    output:
        "<model>/speed/timings.csv",
    log:
        "<fold>/logs/{model}/seed-{seed}/measure.log",
    benchmark:
        "<fold>/benchmarks/{model}/seed-{seed}/measure.tsv"
    priority: -2  # when little else runs
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        sizes=[f"--batch-size={size}" for size in config["speed"]["batch_sizes"]],
        repetitions=config["speed"]["repetitions"],
        seconds=config["speed"]["seconds"],
        device=config["device"],
    shell:
        "python {input.script:q} {input.variants:q} --model {input.model:q}"
        " --aptamers {input.aptamers:q} --test {input.test:q} {params.sizes:q}"
        " --repetitions {params.repetitions} --seconds {params.seconds}"
        " --device {params.device} --threads {threads} -o {output:q} --log {log:q}"

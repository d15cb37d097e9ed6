rule rank:
    input:
        script=script("rank"),
        modules=modules("rank"),
        candidates=files_of(config["rank"]["candidates"]),
        models=used_models("rank", "onnx/model.onnx"),
        folders=used_models("rank", "model"),
        aptamers=f"<run>/{config['rank']['model'].split('/')[0]}/aptamers.csv",
        split=f"{used_model('rank')[0]}split.csv",
    output:
        ranking="<run>/ranking/ranking.csv",
        rejected="<run>/ranking/rejected.csv",
    log:
        "<run>/logs/rank.log",
    benchmark:
        "<run>/benchmarks/rank.tsv"
    conda:
        "../envs/onnx.yaml"
    threads: config["threads"]
    resources:
        mem_mb=more_each_time(8000),
    params:
        models=lambda wildcards, input: [f"--model={path}" for path in input.models],
        options=lambda wildcards: as_options(
            config["rank"], but=["candidates", "model"]
        ),
        device=config["device"],
    shell:
        "python {input.script:q} {input.candidates:q} {params.models:q}"
        " --trained-on {input.aptamers:q} --split {input.split:q} {params.options:q}"
        " --device {params.device} --threads {threads}"
        " -o {output.ranking:q} --rejected {output.rejected:q} --log {log:q}"

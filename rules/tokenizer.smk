rule tokenizer:
    input:
        script=script("tokenizer"),
        modules=modules("tokenizer"),
        aptamers="<data>/aptamers.csv",
        checkpoint=checkpoint_files,
    output:
        directory("<data>/{model}/tokenizer"),
    log:
        "<data>/logs/{model}/tokenizer.log",
    benchmark:
        "<data>/benchmarks/{model}/tokenizer.tsv"
    priority: 10
    conda:
        "../envs/model.yaml"
    params:
        settings=lambda wildcards: settings(
            wildcards, "kind", "checkpoint", "tokenizer"
        ),
    shell:
        "python {input.script:q} {input.aptamers:q} --settings {params.settings:q}"
        " -o {output:q} --log {log:q}"

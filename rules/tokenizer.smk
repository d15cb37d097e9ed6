# The settings that a tokenizer depends on.
OF_TOKENIZER = ["kind", "checkpoint", "tokenizer", "k", "vocabulary", "init_from"]


rule tokenizer:
    "Make a model's tokenizer, and check that all aptamers fit."
    input:
        script=script("tokenizer"),
        modules=modules("tokenizer"),
        aptamers="<data>/aptamers.csv",
        split=split_for_tokenizer,
        init=initial_tokenizer,
        checkpoint=checkpoint_files,
    output:
        directory("<fold>/{model}/tokenizer"),
    log:
        "<fold>/logs/{model}/tokenizer.log",
    benchmark:
        "<fold>/benchmarks/{model}/tokenizer.tsv"
    wildcard_constraints:
        model=any_of(MODELS),
    priority: 20  # what does not fit a model shows before any training
    conda:
        "../envs/model.yaml"
    params:
        content=lambda wildcards: checksum(checkpoint_files(wildcards)),
        settings=lambda wildcards: shell_words([settings(wildcards, *OF_TOKENIZER)]),
        split=option_per_file("split", "split"),
        init=option_per_file("init", "init"),
    shell:
        "python {input.script:q} {input.aptamers:q} --settings {params.settings}"
        " {params.split:q} {params.init:q} -o {output:q} --log {log:q}"

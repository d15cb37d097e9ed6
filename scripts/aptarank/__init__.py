"""aptarank: which of two aptamers is fitter, learnt from scored ones.

The packages follow the way of the data; each imports only from those before it.

core, workflow               errors, files and logs; what the Snakefile takes from here
config, programs             the user's settings; what all programs share
values, columns, reading     a file -> its text -> cells and their meaning -> rows
ingestion                    rows -> aptamers with a fitness, or labelled pairs
pairing                      aptamers -> train, validation and test -> pairs of each
models                       sequences -> tokens -> logits
training                     pairs -> a fine-tuned model, with checkpoints
predictors                   sequences and fitness -> cheap predictors, and their blend with models
evaluation                   logits -> metrics, baselines, what they say in words
expected                     scores -> values in the user's own scale, with intervals that hold
exports                      the model in faster forms, each proven and timed
use                          new sequences -> ranked, screened, designed
acquisition                  what was measured -> a plate of what to measure next
explanation                  a model and an aptamer -> which bases matter, and whether that is true
report, provenance           plots, cards and pages; what a run was made of
"""

__version__ = "0.2.0"

"""aptarank: learn which of two aptamers is fitter, and rank any number of them."""

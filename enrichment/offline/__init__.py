"""The offline model: a deterministic mapper and a deterministic auditor that speak the model's contract.

They share no parser and no lexicon, so that an error of the one is not an error of the other.
"""

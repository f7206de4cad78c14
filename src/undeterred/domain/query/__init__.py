"""The language that people filter and sort tables of experiments and runs in: a document or a text in, an expression tree out; never SQL."""

"""What reported metrics are: JSON values in their normal form, their kinds, and the running summary of a trial. Values in, values out."""

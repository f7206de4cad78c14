"""What a chart shows of a long series: which points stay. Values in, values out."""

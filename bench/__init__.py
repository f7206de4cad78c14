"""`make bench`: how fast it is, as ratios against a peer or a limit measured in the same run. No test depends on a time."""

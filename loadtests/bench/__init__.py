"""``make bench``: Gutsy beside the limit of the machine and its peers, in one run, as ratios."""

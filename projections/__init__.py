"""What we show: facts folded into rows that people read. Knows facts and rows, no log, no wire."""

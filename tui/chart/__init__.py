"""The chart: from series to cells."""

"""The figures of the report, one a file: pure functions from arrays to SVG or PNG text."""

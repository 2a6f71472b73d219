"""The lesion matrix: what a column can do with every mechanism, and with each of them taken away."""

"""The page of the slice laboratory."""

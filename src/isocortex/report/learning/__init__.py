"""The page of a comparison of learners."""

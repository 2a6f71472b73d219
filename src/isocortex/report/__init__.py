"""Tables and figures of a run, and the page that holds them."""

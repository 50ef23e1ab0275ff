"""Where and how many: one short module per verb of the command line."""

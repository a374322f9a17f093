"""Check everything under `.assay/`, say what is damaged, set damage aside, free what nothing reaches."""

"""Bring a user's own data in: `assay import SOURCE --as … --name …`.

`request` says what was asked, `reading` joins files and roles, `gold` finds the check, `convert` makes
examples and eval items of rows, `staging` holds a stream of them on disk, `groups` and `split` keep
apart what training may see from what it is measured on; `rows`, `items`, `results` and `labels` are
the four kinds of import.
"""

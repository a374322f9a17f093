"""The report: a self-contained HTML page and the same tables as text, pure functions of `ReportData`."""

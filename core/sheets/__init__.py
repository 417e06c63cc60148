"""Excel and CSV: templates, imports with a preview, error workbooks and exports."""

"""One module per family of rows; each has ROWS: name -> function(bench) that yields variants."""

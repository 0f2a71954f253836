"""Tables that people open in a spreadsheet: rows of text out and in, as CSV and XLSX, every fault named by its place."""

"""One module a page of the book: its tables and figures."""

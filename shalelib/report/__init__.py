"""Tables, figures and provenance of the book; the room of matplotlib and plotly."""

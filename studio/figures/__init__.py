"""Plotly figures of the studio: pure functions that know no streamlit, usable from a notebook."""

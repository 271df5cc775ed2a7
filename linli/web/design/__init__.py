"""The living page of the design language: every component in its states, drawn from the very line that a page would hold."""

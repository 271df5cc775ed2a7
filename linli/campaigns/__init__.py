"""Joint control: declared for an area with an end, every household visited, and the powers and the data end with it."""

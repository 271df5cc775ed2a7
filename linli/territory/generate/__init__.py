"""A whole city from a seed: quarters by size and kind, their places, buildings, households and grids. Pure calculation."""

"""The pages of the loop, a module for each surface. What may be done is asked of the lifecycle table, never decided here."""

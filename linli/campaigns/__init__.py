"""Joint control: declared, every door visited or handed over, ended with proof."""

"""What dispatch keeps: skills, shifts, last places, and what was proposed and decided."""

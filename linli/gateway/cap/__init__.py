"""CAP 1.2 (OASIS, Common Alerting Protocol): warnings out of declarations, and in from weather and flood services."""

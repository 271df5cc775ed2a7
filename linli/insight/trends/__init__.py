"""When a count is higher than its own past explains: EARS C1 to C3 and Farrington's method, for many series at once."""

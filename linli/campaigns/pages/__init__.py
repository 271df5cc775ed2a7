"""Pages of joint control."""

"""The pages of joint control."""

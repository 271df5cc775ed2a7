"""Who should do what: proposed with reasons, sent by people."""

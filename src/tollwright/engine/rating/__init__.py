"""What holds for a call (terms), and what a batch of calls costs."""

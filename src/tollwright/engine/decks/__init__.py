"""Decks that may be large are read in a process of their own."""

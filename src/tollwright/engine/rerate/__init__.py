"""What stored calls would cost by other prices: by today's, by a draft's, by a plan's."""

"""What else than calls a plan counts and prices: facts to quantities, quantities to amounts."""

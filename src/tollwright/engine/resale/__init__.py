"""What calls cost the provider: carriers' and parents' legs."""

"""What Usher knows and keeps, with the rules that must never break."""

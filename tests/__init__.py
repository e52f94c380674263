"""Says what Usher must do, one sentence a test."""

"""What Usher does by itself, without being asked."""

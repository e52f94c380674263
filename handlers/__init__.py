"""What Usher does when a person asks for something."""

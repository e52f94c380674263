"""How Usher is reached: its pages, its command line and its settings."""

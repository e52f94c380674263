"""The parts of the web page: its templates and look, who is visiting, and how a kept conversation is shown."""

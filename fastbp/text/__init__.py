"""Text for terminals and messages: what is safe to show, and streams that may be missing."""

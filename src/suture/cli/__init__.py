"""The commands, one module each; `suture.main` loads the one that is called."""

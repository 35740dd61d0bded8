"""What will be done and why, before anything is done: containers, tracks, cuts, commands. Pure but for probing."""

"""`iclgd doctor`: what this machine has, and what a run on it could do."""

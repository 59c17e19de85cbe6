"""In-context regression: tasks, models that learn in context by construction or by objective, learners, laboratory."""

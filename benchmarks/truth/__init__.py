"""What becomes of wrong plans: a model that errs on purpose, over real records whose right plan is known."""

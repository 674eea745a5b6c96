"""What proposals learn: surrogates of the model, fitted to evaluations and then frozen."""

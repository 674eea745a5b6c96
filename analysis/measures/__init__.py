"""Information measures of covariances, their estimators and their bias."""
